/**
 * `idle -> connecting -> healthy <-> degraded (some properties bad) -> unhealthy (link lost, retrying)`; `closed` is final.
 * `disconnected`: the flow asked for it (`msg.action = "disconnect"`).
 */
export type DeviceState = 'idle' | 'connecting' | 'healthy' | 'degraded' | 'unhealthy' | 'disconnected' | 'closed';
