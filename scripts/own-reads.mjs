// To be loaded before a test: sockets of this process cannot read into a buffer of the user's, as on a Node that we do not know.
process.env.SOCKROUTE_OWN_READS = '1'
const { TCP } = process.binding('tcp_wrap') // known nowhere else
delete Object.getPrototypeOf(TCP.prototype).useUserBuffer
