/**
 * Login state on Redis, for several processes. ioredis and its types stay in here. Not for Redis Cluster: a login touches keys that
 * lie together only on one server.
 */
export { type RedisLoginStateOptions, redisLoginState } from './redis-login-state.ts';
export type { RedisServer, SentinelAddress } from './redis-options.ts';
export { parseRedisUrl, type RedisAddress } from './server-address.ts';
