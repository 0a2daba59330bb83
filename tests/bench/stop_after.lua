-- wrk goes by the clock; this makes it say when a number of answers have come, and stop there.
local left

function init(arguments)
    left = tonumber(arguments[1])
end

function response()
    left = left - 1
    if left == 0 then
        wrk.thread:stop()
        io.write("enough\n")
        io.flush()
    end
end
