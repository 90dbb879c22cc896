package dev.zerohop.etcd;

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
record ClientId(String name) {

    /** Names the process's clients, unless the application does. */
    static final String VARIABLE = "ZEROHOP_CLIENT_ID";

    /** For whoever has no name: another one in each process, the same one within it. */
    private static final String RANDOM = UUID.randomUUID().toString();

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is blank or has a slash
     */
    ClientId {
        requireNonNull(name, "client id");
        if (name.isBlank() || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "client id was '" + name + "', expected a name that is not blank and has no slash");
        }
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
        return new ClientId(host.isBlank() || host.indexOf('/') >= 0 ? RANDOM : host);
    }

    @Override
    public String toString() {
        return name;
    }
}
