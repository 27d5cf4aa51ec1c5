"""Lua scripts of the Redis storage, each of which is atomic.

Scripts are used instead of WATCH and MULTI, because a watch belongs to a connection, and all requests of a
process share one. A script loads or commits in one round trip, conflicts included.

| key | type | value |
|---|---|---|
| `m:NAME` | hash | of a session: version `v`, `size`, `changes`, the latest place `seq` |
| `f:NAME` | hash | its fields: the name's JSON text, and `PLACE:` with the value's |
| `d:NAME` | list | the names of the fields that its latest commits removed and set |
| `used` | sorted set | sessions by the time of their last use, in microseconds |
| `watched` | set | sessions whose changes are recorded as undo steps |
| `drops`, `drops:order` | hash, sorted set | dropped sessions: reason and time, and their order |
| `dropped` | hash | how many were dropped, by reason |
| `e:KIND`, `l:KIND` | hash | events by number: values, and their droppable parts |
| `n:KIND`, `z:KIND` | sorted set | `NUMBER SESSION`, and `NUMBER SIZE` of droppable parts, by number |
| `k:KIND` | hash | totals of events |
| `c:NAME`, `cs` | hash, set | counters of a session; the sessions that have counters |
| `replicas`, `facts` | hash | live replicas; everything else |

Keys begin with `mockserver:`. Scripts use keys that are not in KEYS: they cannot run on a Redis Cluster.
"""

import hashlib
from dataclasses import dataclass, field

from mockserver.state.storage import DROPPED, LASTING
from mockserver.state.storages.json_values import DELTA_FIELDS, KEPT_DELTAS


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the hash by which the server identifies it."""

    text: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha1(self.text.encode()).hexdigest())  # noqa: S324  Redis's way


_PREFIX = "local P = 'mockserver:'\n"

_SESSIONS = (
    _PREFIX
    + "local LASTING = {"
    + ", ".join(f"['{name}'] = true" for name in sorted(LASTING))
    + "}\n"
    + f"local DROPPED, DELTAS, DELTA_FIELDS = {DROPPED}, {KEPT_DELTAS}, {DELTA_FIELDS}\n"
    + """
local function forget(name)
  local size = redis.call('HGET', P..'m:'..name, 'size')
  if not size then return 0 end
  redis.call('DEL', P..'m:'..name, P..'f:'..name, P..'d:'..name)
  redis.call('ZREM', P..'used', name)
  redis.call('HINCRBY', P..'facts', 'bytes', string.format('%.0f', 0 - tonumber(size)))
  return 1
end

local function drop(name, reason, now)
  forget(name)
  redis.call('HINCRBY', P..'dropped', reason, 1)
  redis.call('HSET', P..'drops', name, reason..' '..now)
  redis.call('ZADD', P..'drops:order', now, name)
  if redis.call('ZCARD', P..'drops:order') > DROPPED then
    redis.call('HDEL', P..'drops', redis.call('ZPOPMIN', P..'drops:order')[1])
  end
end

local function drop_unused(before, reason, now)
  local gone = {}
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', P..'used', '-inf', before)) do
    if not LASTING[name] then
      drop(name, reason, now)
      gone[#gone + 1] = name
    end
  end
  return gone
end
"""
)

LOAD = Script(
    _SESSIONS
    + """
-- Fields that commits removed, and current values of fields that they set; missing ones count as removed.
local function changed(name, watched, version, changes)
  local removed, values, seen = {}, {}, {}
  for _, text in ipairs(changes) do
    local change = cjson.decode(text)
    for _, each in ipairs(change[1]) do removed[#removed + 1] = each end
    for _, each in ipairs(change[2]) do
      if not seen[each] then
        seen[each] = true
        local value = redis.call('HGET', P..'f:'..name, each)
        if value then
          values[#values + 1] = each
          values[#values + 1] = value
        else
          removed[#removed + 1] = each
        end
      end
    end
  end
  return {watched, version, 'changed', values, removed}
end

local name, known, now, before = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local watched = redis.call('SISMEMBER', P..'watched', name)
local version = redis.call('HGET', P..'m:'..name, 'v')
if version then
  local used = tonumber(redis.call('ZSCORE', P..'used', name))
  if used <= tonumber(before) and not LASTING[name] then
    drop(name, 'idle', now)
    version = false
  elseif tonumber(now) - used >= 1000000 then
    redis.call('ZADD', P..'used', now, name)
  end
end
if not version then
  local dropped = redis.call('HGET', P..'drops', name)
  if known == '0' and not dropped then return watched end
  return {watched, '0', 'none', dropped or ''}
end
if version == known then return watched end
local base, number = string.match(version, '(%d+)%.(%d+)')
local known_base, known_number = string.match(known, '(%d+)%.(%d+)')
if known_base == base then
  local count = tonumber(number) - tonumber(known_number)
  if count > 0 and redis.call('LLEN', P..'d:'..name) >= count then
    return changed(name, watched, version, redis.call('LRANGE', P..'d:'..name, -count, -1))
  end
end
return {watched, version, 'whole', redis.call('HGETALL', P..'f:'..name)}
"""
)

COMMIT = Script(
    _SESSIONS
    + """
local name, expected, now, before = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local meta, fields, deltas = P..'m:'..name, P..'f:'..name, P..'d:'..name
local version = redis.call('HGET', meta, 'v') or '0'
if version ~= expected then return 0 end
if ARGV[9] == '1' then
  forget(name)
  return {'0'}
end

local answer, base, number = {''}, nil, 0
local function gone(names)
  for _, each in ipairs(names) do answer[#answer + 1] = each end
end
if version == '0' then
  gone(drop_unused(before, 'idle', now))
  local excess, at = redis.call('ZCARD', P..'used') - tonumber(ARGV[5]) + 1, 0
  while excess > 0 do
    local other = redis.call('ZRANGE', P..'used', at, at)[1]
    if not other then break end
    if LASTING[other] then
      at = at + 1
    else
      drop(other, 'count', now)
      gone({other})
      excess = excess - 1
    end
  end
  -- It starts with the time: a server that lost its data never assigns a number again.
  local time = redis.call('TIME')
  redis.call('HSETNX', P..'facts', 'base', time[1] .. string.format('%03d', math.floor(time[2] / 1000)))
  base = string.format('%.0f', redis.call('HINCRBY', P..'facts', 'base', 1))
else
  base, number = string.match(version, '(%d+)%.(%d+)')
end
answer[1] = base .. '.' .. string.format('%.0f', tonumber(number) + 1)

local removed, names = {}, {}
local first = 11 + tonumber(ARGV[10])
for i = 11, first - 1 do
  redis.call('HDEL', fields, ARGV[i])
  removed[#removed + 1] = ARGV[i]
end
local place = tonumber(redis.call('HGET', meta, 'seq') or 0)
for i = first, #ARGV, 2 do
  local old = redis.call('HGET', fields, ARGV[i])
  local own
  if old then
    own = string.match(old, '^%d+')
  else
    place = place + 1
    own = string.format('%.0f', place)
  end
  redis.call('HSET', fields, ARGV[i], own .. ':' .. ARGV[i + 1])
  names[#names + 1] = ARGV[i]
end

if #removed + #names > DELTA_FIELDS then
  redis.call('DEL', deltas)
elseif version ~= '0' and redis.call('RPUSH', deltas, cjson.encode({removed, names})) > DELTAS then
  redis.call('LPOP', deltas)
end
local size, old_size = tonumber(ARGV[7]), tonumber(redis.call('HGET', meta, 'size') or 0)
redis.call('HSET', meta, 'v', answer[1], 'seq', string.format('%.0f', place), 'size', ARGV[7],
  'changes', ARGV[8])
redis.call('ZADD', P..'used', now, name)
if size ~= old_size then
  local bytes = redis.call('HINCRBY', P..'facts', 'bytes', string.format('%.0f', size - old_size))
  local at = 0
  while size > old_size and bytes > tonumber(ARGV[6]) do
    local other = redis.call('ZRANGE', P..'used', at, at)[1]
    if not other then break end
    if LASTING[other] or other == name or redis.call('HGET', P..'m:'..other, 'size') == '0' then
      at = at + 1
    else
      drop(other, 'size', now)
      gone({other})
      bytes = tonumber(redis.call('HGET', P..'facts', 'bytes'))
    end
  end
end
return answer
"""
)

DROP_UNUSED = Script(_SESSIONS + "return drop_unused(ARGV[1], ARGV[2], ARGV[3])")

DROP = Script(
    _SESSIONS
    + """
redis.call('HDEL', P..'drops', ARGV[1])
redis.call('ZREM', P..'drops:order', ARGV[1])
return forget(ARGV[1])
"""
)

ACKNOWLEDGE = Script(
    _PREFIX
    + """
redis.call('HDEL', P..'drops', ARGV[1])
redis.call('ZREM', P..'drops:order', ARGV[1])
"""
)

SUMMARIES = Script(
    _PREFIX
    + """
local answer = {}
for i = 2, #ARGV do
  local name = ARGV[i]
  local changes = redis.call('HGET', P..'m:'..name, 'changes')
  if changes then
    local conditions = redis.call('HGET', P..'f:'..name, ARGV[1])
    local fields = conditions and redis.call('HGETALL', P..'f:'..name) or {}
    answer[#answer + 1] = {name, changes, redis.call('ZSCORE', P..'used', name), conditions or '', fields}
  end
end
return answer
"""
)

NAMES = Script(_PREFIX + "return redis.call('ZRANGE', P..'used', 0, -1)")
FIELDS = Script(_PREFIX + "return redis.call('HGETALL', P..'f:'..ARGV[1])")
REASONS = Script(_PREFIX + "return redis.call('HGETALL', P..'dropped')")
LEAVE = Script(_PREFIX + "return redis.call('HDEL', P..'replicas', ARGV[1])")

WATCH = Script(
    _PREFIX
    + """
if redis.call('SCARD', P..'watched') >= tonumber(ARGV[2]) then redis.call('DEL', P..'watched') end
redis.call('SADD', P..'watched', ARGV[1])
"""
)

_EVENTS = (
    _PREFIX
    + """
local kind, limit, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local E, L, N, Z, K = P..'e:'..kind, P..'l:'..kind, P..'n:'..kind, P..'z:'..kind, P..'k:'..kind

local function number_of(member) return string.match(member, '^%d+') end

local function put(number, session, value, large, size)
  redis.call('ZADD', N, number, number..' '..session)
  redis.call('HSET', E, number, value)
  if large ~= '' then
    redis.call('HSET', L, number, large)
    redis.call('ZADD', Z, number, number..' '..size)
    redis.call('HINCRBY', K, 'bytes', size)
  end
end

local function drop_large(number)
  local members = redis.call('ZRANGEBYSCORE', Z, number, number)
  if members[1] then
    redis.call('ZREM', Z, members[1])
    redis.call('HDEL', L, number)
    redis.call('HINCRBY', K, 'bytes', string.format('%.0f', 0 - tonumber(string.match(members[1], '%d+$'))))
  end
end

local function trim()
  local excess = redis.call('ZCARD', N) - limit
  if excess > 0 then
    local members = redis.call('ZPOPMIN', N, excess)
    for i = 1, #members, 2 do
      local number = number_of(members[i])
      redis.call('HDEL', E, number)
      drop_large(number)
      redis.call('HSET', K, 'lost', number)
    end
    redis.call('HINCRBY', K, 'dropped', excess)
  end
  while tonumber(redis.call('HGET', K, 'bytes') or 0) > most do
    local oldest = redis.call('ZRANGE', Z, 0, 0)[1]
    if not oldest then break end
    drop_large(number_of(oldest))
  end
end

local function read(members)
  local events = {}
  for _, member in ipairs(members) do
    local number = number_of(member)
    events[#events + 1] = {number, redis.call('HGET', E, number), redis.call('HGET', L, number) or ''}
  end
  return events
end
"""
)

PUBLISH = Script(
    _EVENTS
    + """
local first = redis.call('HINCRBY', K, 'total', (#ARGV - 3) / 4) - (#ARGV - 3) / 4 + 1
for i = 4, #ARGV, 4 do
  put(string.format('%.0f', first + (i - 4) / 4), ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
end
trim()
return first
"""
)

UPDATE = Script(
    _EVENTS
    + """
if redis.call('HEXISTS', E, ARGV[4]) == 1 then
  redis.call('HSET', E, ARGV[4], ARGV[5])
  if ARGV[6] ~= '' and redis.call('HEXISTS', L, ARGV[4]) == 1 then redis.call('HSET', L, ARGV[4], ARGV[6]) end
end
"""
)

READ = Script(
    _EVENTS
    + """
local totals = redis.call('HMGET', K, 'total', 'removed', 'dropped', 'lost', 'forgettings')
for i = 1, 5 do totals[i] = tonumber(totals[i] or 0) end
return {totals, read(redis.call('ZRANGEBYSCORE', N, '(' .. ARGV[4], '+inf'))}
"""
)

FORGET = Script(
    _EVENTS
    + """
local session, wanted = ARGV[4], nil
if ARGV[5] == 'some' then
  wanted = {}
  for i = 6, #ARGV do wanted[ARGV[i]] = true end
end
local members = {}
for _, member in ipairs(redis.call('ZRANGE', N, 0, -1)) do
  local number, own = string.match(member, '^(%d+) (.*)$')
  if (session == '' or session == own) and (wanted == nil or wanted[number]) then
    members[#members + 1] = member
  end
end
local events = read(members)
for _, member in ipairs(members) do
  redis.call('ZREM', N, member)
  redis.call('HDEL', E, number_of(member))
  drop_large(number_of(member))
end
if session == '' and wanted == nil then
  redis.call('HSET', K, 'removed', redis.call('HGET', K, 'total') or 0, 'dropped', 0, 'lost', 0)
else
  redis.call('HINCRBY', K, 'removed', #members)
end
redis.call('HINCRBY', K, 'forgettings', 1)
return events
"""
)

RESTORE = Script(
    _EVENTS
    + """
for i = 4, #ARGV, 5 do
  if redis.call('HEXISTS', E, ARGV[i]) == 0 then
    put(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4])
    redis.call('HINCRBY', K, 'removed', -1)
  end
end
redis.call('HINCRBY', K, 'forgettings', 1)
trim()
"""
)

ADD_COUNTS = Script(
    _PREFIX
    + """
local room = tonumber(ARGV[1]) - tonumber(redis.call('HGET', P..'facts', 'counted') or 0)
for i = 2, #ARGV, 3 do
  local key = P..'c:'..ARGV[i]
  local is_new = redis.call('HEXISTS', key, ARGV[i + 1]) == 0
  if is_new and room <= 0 then
    redis.call('HINCRBY', P..'facts', 'uncounted', ARGV[i + 2])
  else
    redis.call('HINCRBY', key, ARGV[i + 1], ARGV[i + 2])
    if is_new then
      room = room - 1
      redis.call('HINCRBY', P..'facts', 'counted', 1)
      redis.call('SADD', P..'cs', ARGV[i])
    end
  end
end
"""
)

COUNTS = Script(
    _PREFIX
    + """
local answer = {tonumber(redis.call('HGET', P..'facts', 'uncounted') or 0)}
for _, session in ipairs(redis.call('SMEMBERS', P..'cs')) do
  answer[#answer + 1] = {session, redis.call('HGETALL', P..'c:'..session)}
end
return answer
"""
)

FORGET_COUNTS = Script(
    _PREFIX
    + """
local sessions = {ARGV[1]}
if ARGV[1] == '' then
  sessions = redis.call('SMEMBERS', P..'cs')
  redis.call('HSET', P..'facts', 'uncounted', 0)
end
for _, session in ipairs(sessions) do
  redis.call('HINCRBY', P..'facts', 'counted', 0 - redis.call('HLEN', P..'c:'..session))
  redis.call('DEL', P..'c:'..session)
  redis.call('SREM', P..'cs', session)
end
"""
)

_REPLICAS = (
    _PREFIX
    + """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function live(value) return now - tonumber(string.match(value, '^%S+')) <= tonumber(ARGV[1]) end
local function mark(name, fingerprint)
  redis.call('HSET', P..'replicas', name, string.format('%.3f ', now) .. fingerprint)
end
"""
)

JOIN = Script(
    _REPLICAS
    + """
local all = redis.call('HGETALL', P..'replicas')
for i = 1, #all, 2 do
  if not live(all[i + 1]) then
    redis.call('HDEL', P..'replicas', all[i])
  elseif all[i] ~= ARGV[2] and string.match(all[i + 1], ' (.*)$') ~= ARGV[3] then
    return all[i]
  end
end
local before = redis.call('HGET', P..'facts', 'fingerprint')
redis.call('HSET', P..'facts', 'fingerprint', ARGV[3])
mark(ARGV[2], ARGV[3])
return (before and before ~= ARGV[3]) and 1 or 0
"""
)

RENEW = Script(
    _REPLICAS
    + """
redis.call('HSETNX', P..'facts', 'fingerprint', ARGV[3])
if redis.call('HGET', P..'facts', 'fingerprint') ~= ARGV[3] then return 0 end
mark(ARGV[2], ARGV[3])
return 1
"""
)

REPLICAS = Script(
    _REPLICAS
    + """
local names, all = {}, redis.call('HGETALL', P..'replicas')
for i = 1, #all, 2 do
  if live(all[i + 1]) then names[#names + 1] = all[i] end
end
return names
"""
)

AGREE = Script(
    _PREFIX
    + """
redis.call('HSETNX', P..'facts', ARGV[1], ARGV[2])
return redis.call('HGET', P..'facts', ARGV[1])
"""
)
