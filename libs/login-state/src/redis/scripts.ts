import { createHash } from 'node:crypto';

/** A Lua script and the SHA-1 that Redis knows it by. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/**
 * Runs before the body of every script. ARGV[1] is the prefix of all keys and ARGV[2] the time, epoch milliseconds; keys are made
 * here, not handed in, which is one of the reasons why Redis Cluster is refused.
 *
 * The first line makes Redis 7 check memory, disk and role before the script begins, so that it never ends by half.
 *
 * Values: an attempt is `used refusals until json`, a session `lastSeenAt idleMs expiresAt`, then a line each for kind, principal,
 * connector and the rest as JSON. Every value carries its own end beside the key's: the time of the gateways decides, and Redis
 * only clears away.
 */
const prelude = `#!lua
local prefix, now = ARGV[1], tonumber(ARGV[2])
local call = redis.call

-- Never shortens: the key lives as long as the longest-lived thing in it.
local function keep(key, ms)
  if ms < 1 then ms = 1 end
  call('PEXPIRE', key, ms, 'NX')
  call('PEXPIRE', key, ms, 'GT')
end

local function readAttempt(handle)
  local key = prefix .. 'attempt:' .. handle
  local value = call('GET', key)
  if not value then return end
  local used, refusals, ends, json = string.match(value, '^(%d) (%d+) (%d+) (.*)$')
  if tonumber(ends) <= now then return end
  return { key = key, used = used == '1', refusals = tonumber(refusals), ends = ends, json = json }
end

local function writeAttempt(attempt)
  local head = (attempt.used and '1 ' or '0 ') .. string.format('%d', attempt.refusals) .. ' '
  call('SET', attempt.key, head .. attempt.ends .. ' ' .. attempt.json, 'KEEPTTL')
end

local function isClaimed(key)
  local ends = call('GET', prefix .. 'claim:' .. key)
  return ends and tonumber(ends) > now
end

local function claim(key, ends)
  local life = tonumber(ends) - now
  if life > 0 then call('SET', prefix .. 'claim:' .. key, ends, 'PX', life) end
end

local function parseSession(value)
  local seen, idle, ends, kind, principal, connector =
    string.match(value, '^(%d+) (%d+) (%d+)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n')
  local session = { kind = kind, principal = principal, connector = connector }
  session.seen, session.idle, session.ends = tonumber(seen), tonumber(idle), tonumber(ends)
  session.over = math.min(session.ends, session.seen + session.idle)
  return session
end

local function readSession(id)
  local key = call('GET', prefix .. 'session-id:' .. id)
  local value = key and call('GET', key)
  if not value then return end
  local session = parseSession(value)
  if session.over <= now then return end
  session.id, session.key, session.value = id, key, value
  return session
end

local function eachIndex(kind, principal, connector, visit)
  local all = prefix .. 'sessions:' .. kind
  visit(all)
  visit(all .. ':of:' .. principal)
  if connector ~= '' then visit(all .. ':by:' .. connector) end
end

local function forgetMember(member)
  local id, kind, principal, connector = string.match(member, '^([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)$')
  eachIndex(kind, principal, connector, function(index) call('ZREM', index, id) end)
  call('ZREM', prefix .. 'session-ends', member)
end

local function memberOf(id, session)
  return id .. '\\n' .. session.kind .. '\\n' .. session.principal .. '\\n' .. session.connector
end

-- Sessions that ran out leave their names in the indexes: a few are cleared away with each one that starts.
local function clearEnded(most)
  local members = call('ZRANGEBYSCORE', prefix .. 'session-ends', '-inf', now, 'LIMIT', 0, most)
  for _, member in ipairs(members) do forgetMember(member) end
  return #members
end

local function startSession(key, id, value)
  clearEnded(3)
  local session = parseSession(value)
  local life = session.over - now
  if life <= 0 then return end
  call('SET', key, value, 'PX', life)
  call('SET', prefix .. 'session-id:' .. id, key, 'PX', life)
  local longest = session.ends - now
  eachIndex(session.kind, session.principal, session.connector, function(index)
    call('ZADD', index, 0, id)
    keep(index, longest)
  end)
  call('ZADD', prefix .. 'session-ends', session.ends, memberOf(id, session))
  keep(prefix .. 'session-ends', longest)
end

local function endSession(session)
  call('DEL', session.key, prefix .. 'session-id:' .. session.id)
  forgetMember(memberOf(session.id, session))
end

local facts = prefix .. 'facts'
local function hasRoom(count, most)
  return count == 0 or call('XLEN', facts) + count <= most
end

local function append(from, to)
  for i = from, to do call('XADD', facts, '*', 'record', ARGV[i]) end
end
`;

const script = (body: string): Script => {
  const lua = prelude + body;
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
};

/** Arguments beyond prefix and time stand in the comment of each script. Counts of refusals are answered as numbers, outcomes as text. */
export const scripts = {
  /**
   * 3 handle, 4 refusals that the facts were made for, 5 most facts, 6 `1` with a claim, 7 its key, 8 its end, 9 session key, 10 session id,
   * 11 session, 12 `1` with a value, 13 its key, 14 it, 15 its end, 16 replaced session or empty, 17 how many of the facts tell of its end, 18… facts.
   */
  completeLogin: script(`
local attempt = readAttempt(ARGV[3])
if not attempt then return 'attempt_unknown' end
if attempt.used then return 'attempt_used' end
if ARGV[6] == '1' and isClaimed(ARGV[7]) then return 'replayed' end
if attempt.refusals ~= tonumber(ARGV[4]) then return attempt.refusals end
local replaced = ARGV[16] ~= '' and readSession(ARGV[16])
local first = replaced and 18 or 18 + tonumber(ARGV[17])
if not hasRoom(#ARGV - first + 1, tonumber(ARGV[5])) then return 'facts_full' end

attempt.used = true
writeAttempt(attempt)
if ARGV[6] == '1' then claim(ARGV[7], ARGV[8]) end
if replaced then endSession(replaced) end
startSession(ARGV[9], ARGV[10], ARGV[11])
if ARGV[12] == '1' then
  local life = tonumber(ARGV[15]) - now
  if life > 0 then call('SET', ARGV[13], ARGV[14], 'PX', life) end
end
append(first, #ARGV)
return 'completed'`),

  /** 3 handle, 4 refusals that the facts were made for, 5 most refusals, 6 most facts, 7… facts. */
  recordRefusal: script(`
local attempt = readAttempt(ARGV[3])
if not attempt or attempt.used or attempt.refusals >= tonumber(ARGV[5]) then return 'dropped' end
if attempt.refusals ~= tonumber(ARGV[4]) then return attempt.refusals end
if not hasRoom(#ARGV - 6, tonumber(ARGV[6])) then return 'dropped' end
attempt.refusals = attempt.refusals + 1
writeAttempt(attempt)
append(7, #ARGV)
return 'recorded'`),

  /** 3 key, 4 handle, 5 value, 6 its bytes, 7 its end, 8 most of one attempt, 9 most bytes of all. */
  stashAnswer: script(`
if not readAttempt(ARGV[4]) then return 'attempt_unknown' end
local size, ends = tonumber(ARGV[6]), tonumber(ARGV[7])
local all, total, own = prefix .. 'answers', prefix .. 'answers:bytes', prefix .. 'answers:of:' .. ARGV[4]
local gone = call('ZRANGEBYSCORE', all, '-inf', now, 'LIMIT', 0, 1000)
for _, member in ipairs(gone) do
  call('DECRBY', total, string.match(member, '^%d+'))
  call('ZREM', all, member)
end
call('ZREMRANGEBYSCORE', own, '-inf', now)
if call('ZCARD', own) >= tonumber(ARGV[8]) then return 'full' end
if tonumber(call('GET', total) or 0) + size > tonumber(ARGV[9]) then return 'full' end
local life = ends - now
if life <= 0 then return 'kept' end
call('SET', prefix .. 'answer:' .. ARGV[3], ARGV[7] .. ' ' .. ARGV[4] .. '\\n' .. ARGV[5], 'PX', life)
call('ZADD', own, ends, ARGV[3])
keep(own, life)
call('ZADD', all, ends, ARGV[6] .. ' ' .. ARGV[3])
keep(all, life)
call('INCRBY', total, size)
-- Both go in the same moment: the sum is that of the list.
call('PEXPIREAT', total, call('PEXPIRETIME', all))
return 'kept'`),

  /** 3 key, 4 end. */
  claim: script(`
if isClaimed(ARGV[3]) then return 0 end
claim(ARGV[3], ARGV[4])
return 1`),

  /** 3 end, then subject and version of each mark. */
  putDenyMarks: script(`
for i = 4, #ARGV, 2 do
  local key, version, ends = prefix .. 'deny:' .. ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[3])
  local oldVersion, oldEnds = string.match(call('GET', key) or '', '^(%d+) (%d+)$')
  if oldEnds and tonumber(oldEnds) > now then
    version, ends = math.max(version, tonumber(oldVersion)), math.max(ends, tonumber(oldEnds))
  end
  if ends > now then call('SET', key, string.format('%.0f %.0f', version, ends), 'PX', ends - now) end
end
return 1`),

  /** 3 session key, 4 id, 5 session, 6 most facts, 7… facts. */
  startSession: script(`
if not hasRoom(#ARGV - 6, tonumber(ARGV[6])) then return 'facts_full' end
startSession(ARGV[3], ARGV[4], ARGV[5])
append(7, #ARGV)
return 'started'`),

  /** 3 session key. Answers the session and the values of the marks on its user, its connector and their link. */
  readSessionAndMarks: script(`
local value = call('GET', ARGV[3])
if not value then return false end
local session = parseSession(value)
local deny, user, connector = prefix .. 'deny:', session.principal, session.connector
return { value, call('MGET', deny .. 'user/' .. user, deny .. 'connector/' .. connector,
  deny .. 'link/' .. user .. '/' .. connector) }`),

  /** 3 id. */
  readSessionById: script(`
local session = readSession(ARGV[3])
return session and session.value or false`),

  /** 3 id, 4 seen at. */
  touchSession: script(`
local session = readSession(ARGV[3])
local seen = tonumber(ARGV[4])
if not session or seen <= session.seen then return 0 end
local life = math.min(session.ends, seen + session.idle) - now
if life <= 0 then return 0 end
call('SET', session.key, string.gsub(session.value, '^%d+', ARGV[4], 1), 'PX', life)
call('PEXPIRE', prefix .. 'session-id:' .. session.id, life)
return 1`),

  /** 3 index, 4 where to begin (ZREVRANGEBYLEX), 5 how many. Answers how many were looked at, the last of them, and the sessions that stand. */
  listSessions: script(`
local index = prefix .. ARGV[3]
local ids = call('ZREVRANGEBYLEX', index, ARGV[4], '-', 'LIMIT', 0, ARGV[5])
local answer = { #ids, ids[#ids] or '' }
for _, id in ipairs(ids) do
  local key = call('GET', prefix .. 'session-id:' .. id)
  local value = key and call('GET', key)
  if not value then call('ZREM', index, id)
  elseif parseSession(value).over > now then answer[#answer + 1] = value end
end
return answer`),

  /** 3…: id, number of facts and facts of each session. Answers for each whether it was ended here. */
  endSessions: script(`
local ended, i = {}, 3
while i <= #ARGV do
  local session, count = readSession(ARGV[i]), tonumber(ARGV[i + 1])
  if session then
    endSession(session)
    append(i + 2, i + 1 + count)
  end
  ended[#ended + 1] = session and 1 or 0
  i = i + 2 + count
end
return ended`),

  /** 3 how many. */
  clearEnded: script('return clearEnded(tonumber(ARGV[3]))'),

  /**
   * 3 name, 4 owner, 5 end. The fence follows the clock where that is ahead, so that it grows even after Redis has lost everything. Never
   * deleted: a fence that began again would let a former holder back in.
   */
  acquireLease: script(`
local key = prefix .. 'lease:' .. ARGV[3]
local fence, owner, ends = unpack(call('HMGET', key, 'fence', 'owner', 'ends'))
if owner and owner ~= ARGV[4] and tonumber(ends) > now then return false end
local nextFence = string.format('%.0f', math.max(tonumber(fence or 0) + 1, now))
call('HSET', key, 'fence', nextFence, 'owner', ARGV[4], 'ends', ARGV[5])
return nextFence`),

  /** 3 name, 4 owner, 5 fence, 6 new end. */
  renewLease: script(`
local key = prefix .. 'lease:' .. ARGV[3]
local fence, owner, ends = unpack(call('HMGET', key, 'fence', 'owner', 'ends'))
if owner ~= ARGV[4] or fence ~= ARGV[5] or tonumber(ends) <= now then return 0 end
call('HSET', key, 'ends', ARGV[6])
return 1`),

  /** 3 name, 4 owner, 5 fence. */
  releaseLease: script(`
local key = prefix .. 'lease:' .. ARGV[3]
local fence, owner = unpack(call('HMGET', key, 'fence', 'owner'))
if owner ~= ARGV[4] or fence ~= ARGV[5] then return 0 end
call('HSET', key, 'ends', '0')
call('HDEL', key, 'owner')
return 1`),
} as const satisfies Readonly<Record<string, Script>>;
