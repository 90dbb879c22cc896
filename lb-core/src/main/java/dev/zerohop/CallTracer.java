package dev.zerohop;

import org.jspecify.annotations.Nullable;

/**
 * Watches single calls, for traces: where a {@link BalancerListener} counts what happens to a service, this one is told what happened to one call. It knows nothing of what it is given
 * for but the names, so that neither the core nor a client depends on a tracing library.
 *
 * <p>Installed in a client's builder, or for all clients of the process that are made later by {@link BalancerRegistry#trace}. Without one a client pays nothing for it. What it or what it
 * returns throws is logged, and disturbs no call. Thread-safe: many calls begin at once.
 */
@FunctionalInterface
public interface CallTracer {

    /**
     * A call begins. Asked once for each call, before its first pick, in the thread that makes the call: where the span that the caller has made is current. A call that is redirected from
     * one service to another counts as one for each.
     *
     * @param adapter what kind of client makes it, such as {@code grpc} or {@code okhttp}
     * @param method the method of HTTP, or the full name of gRPC's, such as {@code shop.Orders/Get}
     * @param host the logical name that the call is made to, or gRPC's authority; never the endpoint
     * @param port the port beside that name, or -1 if it is not stated by itself
     * @return what is told of the call; null for a call that is not traced, which then costs nothing more
     */
    @Nullable
    CallTrace start(String adapter, String method, String host, int port);
}
