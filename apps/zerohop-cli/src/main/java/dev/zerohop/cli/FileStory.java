package dev.zerohop.cli;

import java.util.List;

/** The default story of the demo, which needs only this program. */
final class FileStory implements DemoStory<FileWorld> {
    static final String WEIGHTED = "{\"policy\": \"weighted_round_robin\"}";

    @Override
    public String option() {
        return "";
    }

    @Override
    public FileWorld open(DemoWorld.Opening opening) {
        return new FileWorld(opening);
    }

    @Override
    public List<DemoTraffic> warmUp(FileWorld world) throws InterruptedException {
        world.cluster(3);
        return List.of(world.stream("gRPC", "grpc", WEIGHTED), world.stream("HTTP", "http", WEIGHTED));
    }

    @Override
    public List<DemoStep<FileWorld>> steps() {
        return List.of(
                new SpreadStep(),
                new ScaleStep(),
                new WeightsStep(),
                new KilledStep(),
                new SlowStep(),
                new ErrorsStep(),
                new ShardStep(),
                new SourceLostStep(),
                new WhyStep());
    }
}
