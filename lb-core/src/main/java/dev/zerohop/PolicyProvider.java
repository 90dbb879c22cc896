package dev.zerohop;

import java.util.List;

/**
 * A policy that configurations name: {@code {"policy": "NAME"}}, or {@code {"policy": {"NAME": {...}}}} with its options. zerohop's own policies are such providers; those of an
 * application are found by {@link java.util.ServiceLoader}, through this library's class loader and that of the thread that reads a configuration. They then work
 * wherever a configuration does: in the API, in a gRPC service config, in a file, in etcd, on the command line.
 *
 * <p>A name consists of small letters, digits, {@code _} and {@code .}, begins with a letter and has at most 64 characters. zerohop's own names have no dot, so one with a dot, such as
 * {@code acme.sticky}, is never taken later. A name that two providers have is rejected wherever it is used. A provider that cannot be loaded is logged and passed over.
 *
 * <p>Thread-safe, with a public constructor that takes nothing.
 */
public interface PolicyProvider {

    /** The name in configurations; it is also that of the {@linkplain PickPolicy#name policy}. */
    String name();

    /** The names of the options. Any other field is rejected before {@link #read}. Default: none. */
    default List<String> options() {
        return List.of();
    }

    /**
     * Reads the options; for a bare name there are none.
     *
     * <p>The result must have an {@code equals} by value, as a record does: a configuration that says the same gives an equal policy, and putting it in force again
     * changes nothing. Without that every repetition of a configuration would make new pickers, which begin at a random position and forget what they know.
     *
     * @throws IllegalArgumentException if a value is wrong: the whole configuration is then rejected, and the last good one stays
     */
    PickPolicy read(Options options);
}
