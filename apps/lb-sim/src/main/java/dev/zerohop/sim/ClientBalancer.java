package dev.zerohop.sim;

import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one client chooses servers with: zerohop's balancer, or that of another library. For one thread. */
interface ClientBalancer {

    /** Makes the balancer of one client. */
    @FunctionalInterface
    interface Factory {
        /**
         * Makes it.
         *
         * @param index the number of the client, from 0
         * @param zone in which the client stands; null for none
         */
        ClientBalancer create(int index, @Nullable String zone, Env env, World world);
    }

    /** The first call, or the time to connect, has come. */
    void start();

    /** The source names these endpoints from now on. */
    void update(EndpointSet endpoints);

    /** An orchestrator has published these verdicts. Other libraries read none. */
    default void update(Map<String, HealthSource.Verdict> verdicts) {}

    /** Chooses a server for an attempt that sets out now. */
    Pick pick(Call call);

    /** Runs this once, when a pick may come out differently. */
    void onNextChange(Runnable changed);

    /** How long an attempt that sets out now still waits for its connection. */
    long connectingNanos(Server server);

    void close();
}
