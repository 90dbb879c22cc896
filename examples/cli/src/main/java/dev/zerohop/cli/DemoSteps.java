package dev.zerohop.cli;

import java.util.List;

/** The story that the demo tells, in its order. */
final class DemoSteps {
    private DemoSteps() {}

    static final String WEIGHTED = "{\"policy\": \"weighted_round_robin\"}";

    static final List<DemoStep> STORY = List.of(
            new SpreadStep(),
            new ScaleStep(),
            new WeightsStep(),
            new KilledStep(),
            new SlowStep(),
            new ErrorsStep(),
            new ShardStep(),
            new SourceLostStep());
}
