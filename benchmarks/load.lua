-- The wrk script: `wrk -s load.lua URL -- METHOD BODY ROWS`. Each :id becomes a key from 1 to ROWS.

local path, rows

function init(args)
  wrk.method = args[1]
  if args[2] ~= "" then
    wrk.body = args[2]
    wrk.headers["Content-Type"] = "application/json"
  end
  rows = tonumber(args[3])
  path = wrk.path
end

function request()
  return wrk.format(nil, (path:gsub(":id", function() return math.random(rows) end)))
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format(
    'RESULT {"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}',
    summary.requests, summary.duration / 1e6, failed,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6
  ))
end
