package dev.zerohop;

import java.util.List;

/**
 * A stage that configurations name: {@code {"stages": {"NAME": {...}}}}, with its options. zerohop's own stages, such as {@code panic} and {@code zone}, are such providers; those of an application
 * are found, named and rejected as {@linkplain PolicyProvider policies} are.
 *
 * <p>A stage of the application takes part if a configuration names it. It comes after the health filter ({@code panic}) and before {@code slow_start} and {@code zone}, so that what it
 * leaves is what the traffic is divided over; several come in the order of their names.
 *
 * <p>Thread-safe, with a public constructor that takes nothing.
 */
public interface StageProvider {

    /** The name in configurations; it is also that of the {@linkplain Stage#name stage}. */
    String name();

    /** The names of the options. Any other field is rejected before {@link #read}. Default: none. */
    default List<String> options() {
        return List.of();
    }

    /**
     * Reads the options. The result must have an {@code equals} by value, as a record does; otherwise every repetition of a configuration counts as a change, and the balancer
     * computes its version anew.
     *
     * @throws IllegalArgumentException if a value is wrong: the whole configuration is then rejected, and the last good one stays
     */
    Stage read(Options options);
}
