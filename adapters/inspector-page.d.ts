/** Made by scripts/build-page.mjs from what is in adapters/inspector/. */

export declare const HTML: string
/** As a Content-Security-Policy names them: 'sha256-...'. */
export declare const SCRIPT_HASH: string
export declare const STYLE_HASH: string
