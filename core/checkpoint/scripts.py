"""The Lua that runs inside Redis: each operation is one atomic step on the one key of a thread.

Every writing script first asks the fence and refuses before it has changed anything, since an error in
mid-script keeps earlier writes; then writes, raises the revision and renews the expiry. `OK`, or a list
whose first word says why not:

- ``stale``, the fence: the caller's attempt is not the newest one, or the fence it needs is gone;
- ``missing``, numbers: values the checkpoint refers to are not stored; they are counted from 0;
- ``changed``: the thread is not as the caller read it.

Strings are compared byte by byte, because Lua's ``<`` follows the server's locale. Values of many fields
are fetched in chunks, because ``unpack`` fails near 8 000 arguments, and counts that cannot be true are
not believed, because a long loop stops the server for everyone.
"""

from dataclasses import dataclass, field
from hashlib import sha1
from typing import Final


@dataclass(frozen=True, slots=True)
class Script:
    source: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        digest = sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


_GUARD: Final = """
local key, ttl, thread, attempt, fenced = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'

local fence = redis.call('HGET', key, 'f')
local stale = fenced
if fence then stale = not attempt or attempt < tonumber(fence) end
if stale then return {'stale', fence or ''} end

local function finish(...)
  redis.call('HSET', key, 't', thread, ...)
  if fence then redis.call('HSET', key, 'f', ARGV[3]) end
  redis.call('HINCRBY', key, 'v', 1)
  redis.call('PEXPIRE', key, ttl)
  return 'OK'
end

local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = a:byte(i), b:byte(i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
"""

# ttl thread attempt fenced | namespace checkpoint record | blob value ...
PUT: Final = Script(
    _GUARD
    + """
local namespace, id, record = ARGV[5], ARGV[6], ARGV[7]

local given = {}
for i = 8, #ARGV, 2 do given[ARGV[i]] = true end
local missing = {'missing'}
for n = 0, struct.unpack('>I4', record) - 1 do
  local blob = record:sub(5 + 8 * n, 12 + 8 * n)
  if not given[blob] and redis.call('HEXISTS', key, 'b' .. blob) == 0 then missing[#missing + 1] = n end
end
if #missing > 1 then return missing end

for i = 8, #ARGV, 2 do redis.call('HSET', key, 'b' .. ARGV[i], ARGV[i + 1]) end
local head = redis.call('HGET', key, 'h' .. namespace)
if not head or before(head, id) then redis.call('HSET', key, 'h' .. namespace, id) end
return finish('c' .. namespace .. id, record)
"""
)

# ttl thread attempt fenced | namespace checkpoint writes
PUT_WRITES: Final = Script(
    _GUARD
    + """
local namespace, id = ARGV[5], ARGV[6]
local number = redis.call('HINCRBY', key, 'n' .. namespace .. id, 1)
return finish('w' .. namespace .. struct.pack('>I4', number) .. id, ARGV[7])
"""
)

# ttl thread attempt fenced | field value ...: another thread's fields, its heads where they are newer
PASTE: Final = Script(
    _GUARD
    + """
for i = 5, #ARGV, 2 do
  local head = ARGV[i]:sub(1, 1) == 'h' and redis.call('HGET', key, ARGV[i])
  if not head or before(head, ARGV[i + 1]) then redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
end
return finish()
"""
)

# ttl thread attempt fenced | whether to empty the thread: the only script that may set a fence where there is none;
# `NEW` where there is nothing but the claim
CLAIM: Final = Script(
    """
local key, attempt = KEYS[1], tonumber(ARGV[3])
local new = redis.call('EXISTS', key) == 0
local fence = redis.call('HGET', key, 'f')
if fence and attempt < tonumber(fence) then return {'stale', fence} end
local revision = redis.call('HGET', key, 'v') or 0
if ARGV[5] == '1' then
  redis.call('UNLINK', key)
  new = true
end
redis.call('HSET', key, 't', ARGV[2], 'f', ARGV[3], 'v', revision + 1)
redis.call('PEXPIRE', key, ARGV[1])
return new and 'NEW' or 'OK'
"""
)

# namespace checkpoint ('' for the newest) -> body, values, writes; nil where there is no checkpoint
READ: Final = Script(
    """
local key, namespace, id = KEYS[1], ARGV[1], ARGV[2]

local function fetch(count, name)
  local values, chunk = {}, {}
  for n = 1, count do
    chunk[#chunk + 1] = name(n)
    if #chunk == 1000 or n == count then
      for _, value in ipairs(redis.call('HMGET', key, unpack(chunk))) do values[#values + 1] = value end
      chunk = {}
    end
  end
  return values
end

if id == '' then id = redis.call('HGET', key, 'h' .. namespace) end
local record = id and redis.call('HGET', key, 'c' .. namespace .. id)
if not record then return false end

local blobs = #record >= 4 and struct.unpack('>I4', record)
local writes = tonumber(redis.call('HGET', key, 'n' .. namespace .. id)) or 0
if not blobs or blobs + writes > redis.call('HLEN', key) then return {'', {}, {}} end
return {
  record:sub(5 + 8 * blobs),
  fetch(blobs, function(n) return 'b' .. record:sub(8 * n - 3, 8 * n + 4) end),
  fetch(writes, function(n) return 'w' .. namespace .. struct.pack('>I4', n) .. id end),
}
"""
)

# revision | how many fields to remove | fields ... | head id ...: a change planned at that revision
REMOVE: Final = Script(
    """
local key, last = KEYS[1], 2 + tonumber(ARGV[2])
if (redis.call('HGET', key, 'v') or '0') ~= ARGV[1] then return {'changed'} end
for i = 3, last do redis.call('HDEL', key, ARGV[i]) end
for i = last + 1, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', key, 'v', 1)
return 'OK'
"""
)
