import { headers } from '@gatehouse/contracts';
import type { FastifyReply } from 'fastify';
import { entityTag } from './preconditions.ts';

/** Says which aggregate a change made or left at which version; whoever forwards the answer waits for that version. */
export const setChangeHeaders = (reply: FastifyReply, aggregateId: string, version: number): FastifyReply =>
  reply.headers({
    etag: entityTag(version),
    [headers.version]: String(version),
    [headers.aggregate]: aggregateId,
  });
