package dev.zerohop.sim.sockets;

import dev.zerohop.sim.Replay.Backend;
import dev.zerohop.sim.Replay.BackendFault;
import dev.zerohop.sim.Replay.Effect;
import java.util.ArrayList;
import java.util.List;

/** A server as arguments of its process: {@code ID CONCURRENCY QUEUE [EFFECT FROM TO TIME]...}, times in nanoseconds. */
final class ServerSpec {
    private static final int FAULT_ARGUMENTS = 4;
    private static final int FIRST_FAULT = 3;

    private ServerSpec() {}

    static List<String> arguments(Backend backend) {
        List<String> arguments = new ArrayList<>(
                List.of(backend.id(), Integer.toString(backend.concurrency()), Integer.toString(backend.queue())));
        for (BackendFault fault : backend.faults()) {
            arguments.add(fault.effect().name());
            arguments.add(Long.toString(fault.fromNanos()));
            arguments.add(Long.toString(fault.toNanos()));
            arguments.add(Long.toString(fault.nanos()));
        }
        return arguments;
    }

    /** The weight is the clients' alone; it is 1. */
    static Backend parse(List<String> arguments) {
        List<BackendFault> faults = new ArrayList<>();
        for (int i = FIRST_FAULT; i + FAULT_ARGUMENTS <= arguments.size(); i += FAULT_ARGUMENTS) {
            faults.add(new BackendFault(
                    Effect.valueOf(arguments.get(i)),
                    Long.parseLong(arguments.get(i + 1)),
                    Long.parseLong(arguments.get(i + 2)),
                    Long.parseLong(arguments.get(i + 3))));
        }
        return new Backend(
                arguments.get(0),
                1,
                Integer.parseInt(arguments.get(1)),
                Integer.parseInt(arguments.get(2)),
                List.copyOf(faults));
    }
}
