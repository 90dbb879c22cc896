package dev.zerohop.etcd.client;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The stable name of a client: it decides whether the client belongs to a canary, and its status stands under it. Two clients of the same name share
 * both.
 *
 * @param name a name that is not blank and has no slash
 */
public record ClientId(String name) {

    /** Names the process's clients, unless the application does. */
    static final String VARIABLE = "ZEROHOP_CLIENT_ID";

    /** For whoever has no name: another one in each process, the same one within it. */
    private static final String RANDOM = UUID.randomUUID().toString();

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is blank, has a slash or a control character, or is too long
     */
    public ClientId {
        requireNonNull(name, "client id");
        ServiceKeys.requireSegment("client id", name);
    }

    /**
     * The process's name: what {@value #VARIABLE} says, else {@code HOSTNAME}, else a random one.
     *
     * @throws IllegalArgumentException if {@value #VARIABLE} is set to what is no name
     */
    static ClientId ofProcess() {
        return of(System.getenv());
    }

    /** A name that somebody stated, else the process's. */
    static ClientId of(@Nullable String stated) {
        return stated == null ? ofProcess() : new ClientId(stated);
    }

    static ClientId of(Map<String, String> environment) {
        String stated = environment.get(VARIABLE);
        if (stated != null && !stated.isEmpty()) {
            return new ClientId(stated);
        }
        String host = environment.getOrDefault("HOSTNAME", "");
        return new ClientId(ServiceKeys.problem(host) == null ? host : RANDOM);
    }

    @Override
    public String toString() {
        return name;
    }
}
