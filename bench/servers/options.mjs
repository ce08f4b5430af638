/** What a workload asks for, in our own words; everything else is as it is by default. */
export function optionsOf({ isCompressed, heartbeatMs }) {
  return {
    compression: isCompressed && { thresholdBytes: 0 },
    pingIntervalMs: heartbeatMs,
  }
}
