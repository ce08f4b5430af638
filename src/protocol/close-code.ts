/** Why a connection ended. RFC 6455 §7.4.1 and the IANA registry that §11.7 set up */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** The close frame carried no code. Never on the wire. */
  NoStatus: 1005,
  /** There was no close frame. Never on the wire. */
  Abnormal: 1006,
  InvalidPayload: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  BadGateway: 1014,
} as const

/**
 * May stand in a close frame, received or sent: a registered code that is not reserved for reporting,
 * or one left to libraries (3000 to 3999) and applications (4000 to 4999). RFC 6455 §7.4
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)
}
