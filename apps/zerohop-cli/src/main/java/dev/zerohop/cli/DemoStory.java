package dev.zerohop.cli;

import java.util.List;

/**
 * The steps of a demo. Stories beside the built-in one are found by {@link java.util.ServiceLoader}, so that each may have a class path of its own.
 *
 * @param <W> the world in which it runs
 */
public interface DemoStory<W extends DemoWorld> extends AutoCloseable {

    /** The option of {@code zerohop demo} that selects it, without dashes. */
    String option();

    /** A new world without servers, for one step. */
    W open(DemoWorld.Opening opening);

    /** Starts the streams that the steps use, so that classes are loaded and compiled before the first step. */
    List<DemoTraffic> warmUp(W world) throws InterruptedException;

    /** The steps in their order. */
    List<DemoStep<W>> steps();

    /** Closes everything that the worlds shared. */
    @Override
    default void close() {}
}
