package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Runs steps one after the other and collects their notes. */
final class Demo {
    /** At most four seconds. */
    private static final int WARM_UP_LOOKS = 40;

    private final Callers callers;
    private final Console console;
    private volatile boolean stopped;

    /** The result of one step. */
    record Result(int number, DemoStep<?> step, DemoStep.Notes notes) {}

    /** Is notified after each step. */
    interface Audience {
        void after(Result result);
    }

    Demo(Callers callers, Console console) {
        this.callers = callers;
        this.console = console;
    }

    /**
     * Runs a story.
     *
     * @throws InterruptedException if it was stopped
     */
    <W extends DemoWorld> List<Result> play(DemoStory<W> story, Audience audience) throws InterruptedException {
        long begin = System.nanoTime();
        warmUp(story);
        List<Result> results = new ArrayList<>();
        List<DemoStep<W>> steps = story.steps();
        for (DemoStep<W> step : steps) {
            int number = results.size() + 1;
            DemoWorld.Ticker ticker = () -> {
                throwIfStopped();
                console.progress(String.format(
                        Locale.ROOT,
                        "step %d of %d, %s ... %.1f s",
                        number,
                        steps.size(),
                        step.title(),
                        (System.nanoTime() - begin) / 1e9));
            };
            try (W world = story.open(new DemoWorld.Opening(callers, ticker))) {
                DemoStep.Notes notes = new DemoStep.Notes();
                step.play(world, notes);
                results.add(new Result(number, step, notes));
            }
            console.progress("");
            audience.after(results.get(results.size() - 1));
        }
        return results;
    }

    /** Waits until calls are fast: a process that has just started compiles and loads classes for seconds, and the steps must show the balancing only. */
    private <W extends DemoWorld> void warmUp(DemoStory<W> story) throws InterruptedException {
        DemoWorld.Ticker ticker = () -> {
            throwIfStopped();
            console.progress("warming up ...");
        };
        try (W world = story.open(new DemoWorld.Opening(callers, ticker))) {
            List<DemoTraffic> both = story.warmUp(world);
            for (int i = 0; i < WARM_UP_LOOKS && !both.stream().allMatch(DemoTraffic::keepsUp); i++) {
                world.pass(100);
            }
            console.progress("");
        }
    }

    private void throwIfStopped() throws InterruptedException {
        if (stopped) {
            throw new InterruptedException("stopped");
        }
    }

    void stop() {
        stopped = true;
    }
}
