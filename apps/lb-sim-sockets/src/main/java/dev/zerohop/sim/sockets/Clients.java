package dev.zerohop.sim.sockets;

/** The clients of a scenario under one policy, each with a balancer and connections of its own. */
interface Clients extends AutoCloseable {
    /** Begins a call of the client that it names, and returns at once; one without time left has no attempt. */
    void call(RunningCall call);

    @Override
    void close();
}
