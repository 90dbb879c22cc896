package dev.zerohop.etcd.client;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The stable name of a client: it decides whether the client belongs to a canary, and is part of its status keys. Clients of the same name share both. */
public record ClientId(String name) {

    static final String VARIABLE = "ZEROHOP_CLIENT_ID";

    /** For a process without a name. */
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
     * The process's name: the value of {@value #VARIABLE}, else {@code HOSTNAME}, else a random one.
     *
     * @throws IllegalArgumentException if {@value #VARIABLE} is set to an invalid name
     */
    static ClientId ofProcess() {
        return of(System.getenv());
    }

    /** The configured name, else that of the process. */
    static ClientId of(@Nullable String configured) {
        return configured == null ? ofProcess() : new ClientId(configured);
    }

    static ClientId of(Map<String, String> environment) {
        String configured = environment.get(VARIABLE);
        if (configured != null && !configured.isEmpty()) {
            return new ClientId(configured);
        }
        String host = environment.getOrDefault("HOSTNAME", "");
        return new ClientId(ServiceKeys.problem(host) == null ? host : RANDOM);
    }

    @Override
    public String toString() {
        return name;
    }
}
