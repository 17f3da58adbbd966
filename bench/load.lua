-- What wrk asks for, and what it found, as one line of figures.
--
-- Usage: wrk -s load.lua ... URL [-- KIND RUN KEYS]
--   (none)  URL, again and again
--   new     URL?RUN-1, URL?RUN-2, and on: no two the same
--   cycle   URL?RUN-h1 to URL?RUN-hKEYS, in turn
--   mix     19 of the cycle, then a new one
local count = 0

local kinds = {
	new = function(run, keys)
		return run .. "-" .. count
	end,
	cycle = function(run, keys)
		return run .. "-h" .. count % keys + 1
	end,
	mix = function(run, keys)
		if count % 20 == 0 then
			return run .. "-" .. count
		end
		return run .. "-h" .. count % keys + 1
	end,
}

function init(args)
	local kind = kinds[args[1]]

	-- Without a function of this name wrk sends what it has prepared.
	if kind then
		request = function()
			count = count + 1
			return wrk.format(nil, wrk.path .. "?" ..
			    kind(args[2], tonumber(args[3])))
		end
	end
end

function done(summary, latency, requests)
	local e = summary.errors

	io.write(string.format("figures %d %d %d %d %d %d %d\n",
	    summary.requests, summary.duration, latency:percentile(50),
	    latency:percentile(99), latency.max, e.status,
	    e.connect + e.read + e.write + e.timeout))
end
