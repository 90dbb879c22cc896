package dev.zerohop.resolver;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Log;
import dev.zerohop.Resolver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Keeps the last good set on disk; see {@link Resolvers#lastGood}. */
final class LastGoodResolver implements Resolver {
    private static final Log LOG = Log.of(LastGoodResolver.class);

    /** Time for a source that is up to answer, so that a normal start does not go through an old set. */
    static final Duration HEAD_START = Duration.ofSeconds(1);

    /** Changes within this time are written together. */
    static final Duration DEBOUNCE = Duration.ofSeconds(1);

    /** A set that does not change is written again when its date on disk is this old: the age told after a restart is true to within a minute. */
    static final Duration CONFIRM = Duration.ofMinutes(1);

    private final Resolver source;
    private final LastGoodFile file;
    private final Env env;
    private final Lifecycle lifecycle = new Lifecycle(this);

    // Touched by the lifecycle's tasks only.
    private boolean answered;
    private boolean waited;
    private boolean servingStored;
    private LastGoodFile.@Nullable Content stored;
    private @Nullable Throwable error;
    private @Nullable EndpointSet good;

    /** The set of the source that the listener has, fresh or not: the next one follows it. */
    private @Nullable EndpointSet last;

    private SourceConfiguration configuration = SourceConfiguration.NONE;

    /** What the file held of the source's configuration, empty if there was none; it counts as good. Null without a file. */
    private @Nullable String storedConfiguration;

    /** Whether the stored configuration was told, and the source has said nothing about that yet. */
    private boolean storedConfigurationTold;

    /** Whether the file has been read, or had its time. */
    private boolean readDone;

    /**
     * What the source said, while the file is still being read, since a configuration that is not good, for the file may hold a good one, or since a set that
     * the file may correct; null otherwise.
     */
    private @Nullable List<Runnable> waitingForFile;

    private LastGoodFile.@Nullable Content written;
    private long writtenNanos;
    private boolean writing;
    private boolean warned;
    private @Nullable Cancellable headStart;
    private @Nullable Cancellable debounce;

    LastGoodResolver(Resolver source, LastGoodFile file, Env env) {
        this.source = source;
        this.file = file;
        this.env = env;
    }

    @Override
    public void start(Listener listener) {
        lifecycle.start(listener, () -> {
            headStart = env.time()
                    .schedule(
                            HEAD_START.toNanos(),
                            () -> lifecycle.run(() -> {
                                waited = true;
                                readDone();
                                serveStored();
                            }));
            blocking(this::readStored);
            lifecycle.startSource(source, new FromSource());
        });
    }

    private void readStored() {
        LastGoodFile.Content read = null;
        try {
            read = file.read();
        } catch (IOException | RuntimeException unusable) {
            LOG.warn("{}: the last-good file {} is ignored: it {}", source, file.path(), unusable.getMessage());
        }
        LastGoodFile.Content content = read;
        lifecycle.run(() -> {
            stored = content;
            if (content != null) {
                // A file without one is of a source that had answered without one.
                storedConfiguration = content.configuration() == null ? "" : content.configuration();
                if (readDone && configuration.states() && configuration.good() == null) {
                    tellConfiguration(SourceConfiguration.NONE);
                }
            }
            readDone();
            rememberStored();
            serveStored();
        });
    }

    /** If the source was faster than the file and the head start: what the file knows of ordinals still holds. */
    private void rememberStored() {
        EndpointSet known = last;
        LastGoodFile.Content content = stored;
        if (known == null || content == null) {
            return;
        }
        stored = null;
        EndpointSet next = remembering(known, content.set());
        if (next == known) {
            return;
        }
        last = next;
        lifecycle.listener().onEndpoints(next);
        if (good != null) {
            good = good == known ? next : remembering(good, content.set());
            save();
        }
    }

    /** Whether keys might be placed by a number of shards that the file corrects a moment later. */
    private boolean needsFile(EndpointSet first) {
        return !readDone
                && !answered
                && first.shardMap() == null
                && first.endpoints().stream().anyMatch(Endpoint::hasOrdinal);
    }

    /** The stored set bears the target's name instead of the source's, and is of the same source all the same. */
    private static EndpointSet remembering(EndpointSet next, EndpointSet stored) {
        return next.rememberingOrdinals(EndpointSet.builder(next.source())
                .endpoints(stored.endpoints())
                .asOf(stored.asOf())
                .missingOrdinals(stored.missingOrdinals())
                .build());
    }

    /** A set of the source: the one to serve and, if it is fresh, to keep. */
    private void take(EndpointSet all) {
        LastGoodFile.Content content = stored;
        EndpointSet next =
                last == null && content != null ? remembering(all, content.set()) : all.rememberingOrdinals(last);
        answered = true;
        stored = null;
        last = next;
        if (storedConfigurationTold && !all.stale()) {
            // Sources say what they configure before their set: this one configures nothing any more.
            storedConfigurationTold = false;
            lifecycle.listener().onConfiguration("");
        }
        lifecycle.listener().onEndpoints(next);
        if (!all.stale()) {
            configuration = configuration.answered();
            error = null;
            good = next;
            save();
        }
    }

    private void waitForFile(Runnable first) {
        waitingForFile = new ArrayList<>(List.of(first));
    }

    private void readDone() {
        readDone = true;
        List<Runnable> waiting = waitingForFile;
        if (waiting != null) {
            waitingForFile = null;
            waiting.forEach(Runnable::run);
        }
    }

    /** The configuration as the source states it now, after the stored one if none of the source's was good. */
    private void tellConfiguration(SourceConfiguration before) {
        if (configuration.good() == null && storedConfiguration != null) {
            lifecycle.listener().onConfiguration(storedConfiguration);
        }
        configuration.tellAfter(before, lifecycle.listener());
    }

    /** Serves what was stored, once the source has failed or has had its time. */
    private void serveStored() {
        LastGoodFile.Content content = stored;
        if (content == null || answered || servingStored || (!waited && error == null)) {
            return;
        }
        servingStored = true;
        LOG.warn(
                "{}: has not answered; {} endpoints of {} are served from {}",
                source,
                content.set().endpoints().size(),
                content.set().asOf(),
                file.path());
        String json = content.configuration();
        if (json != null && configuration.equals(SourceConfiguration.NONE)) {
            storedConfigurationTold = !json.isEmpty();
            lifecycle.listener().onConfiguration(json);
        }
        lifecycle.listener().onEndpoints(content.set());
        if (error != null) {
            lifecycle.listener().onError(error);
        }
    }

    private final class FromSource implements Listener {
        private void run(Runnable task) {
            lifecycle.run(() -> {
                if (waitingForFile != null) {
                    waitingForFile.add(task);
                } else {
                    task.run();
                }
            });
        }

        @Override
        public void onEndpoints(EndpointSet all) {
            run(() -> {
                if (needsFile(all)) {
                    waitForFile(() -> take(all));
                } else {
                    take(all);
                }
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> {
                lifecycle.listener().onConfirmed(asOf);
                if (last != null) {
                    last = last.confirmed(asOf);
                }
                if (good != null) {
                    good = good.confirmed(asOf);
                    save();
                }
            });
        }

        @Override
        public void onError(Throwable cause) {
            run(() -> {
                error = cause;
                boolean before = servingStored;
                serveStored();
                if (before || !servingStored) {
                    lifecycle.listener().onError(cause);
                }
            });
        }

        @Override
        public void onConfiguration(String json) {
            run(() -> configured(configuration.stated(json)));
        }

        @Override
        public void onConfigurationRejected(String reason) {
            run(() -> configured(configuration.rejected(reason)));
        }

        private void configured(SourceConfiguration next) {
            SourceConfiguration before = configuration;
            configuration = next;
            storedConfigurationTold = false;
            if (next.good() == null && !readDone) {
                waitForFile(() -> tellConfiguration(before));
                return;
            }
            tellConfiguration(before);
            if (good != null) {
                save();
            }
        }

        // Neither is kept: both are of the moment.

        @Override
        public void onRefused(String reason) {
            run(() -> lifecycle.listener().onRefused(reason));
        }

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> verdicts) {
            run(() -> lifecycle.listener().onVerdicts(verdicts));
        }
    }

    // ---- writing ----

    private void save() {
        if (writing || debounce != null || !worthWriting()) {
            return;
        }
        long wait = written == null && !warned
                ? 0
                : writtenNanos + DEBOUNCE.toNanos() - env.time().nanoTime();
        if (wait <= 0) {
            write();
        } else {
            debounce = env.time()
                    .schedule(
                            wait,
                            () -> lifecycle.run(() -> {
                                debounce = null;
                                if (worthWriting()) {
                                    write();
                                }
                            }));
        }
    }

    /** Nobody is helped by starting with nobody: an empty set is not kept. */
    private boolean worthWriting() {
        EndpointSet set = good;
        if (set == null || set.endpoints().isEmpty() || unconfigured()) {
            return false;
        }
        LastGoodFile.Content before = written;
        return before == null
                || !before.set().endpoints().equals(set.endpoints())
                || !Objects.equals(before.set().shardMap(), set.shardMap())
                || !before.set().missingOrdinals().equals(set.missingOrdinals())
                || !Objects.equals(before.configuration(), configurationToKeep())
                || Duration.between(before.set().asOf(), set.asOf()).compareTo(CONFIRM) >= 0;
    }

    /** Whether the source itself rejects what it states, and there was no good one: a file without any would be taken for that of a source that states none. */
    private boolean unconfigured() {
        return configuration.states() && configurationToKeep() == null;
    }

    /** A configuration that is not good takes the place of none that is. */
    private @Nullable String configurationToKeep() {
        if (!configuration.states() || configuration.good() != null) {
            return configuration.good();
        }
        return storedConfiguration != null ? storedConfiguration : configuration.last();
    }

    private void write() {
        EndpointSet set = good;
        if (set == null) {
            return;
        }
        LastGoodFile.Content content = new LastGoodFile.Content(set, configurationToKeep());
        writing = true;
        writtenNanos = env.time().nanoTime();
        // Failed or not, this content is done with: a full disk is not tried again for the same content until the
        // confirmation is due.
        written = content;
        blocking(() -> writeNow(content));
    }

    private void writeNow(LastGoodFile.Content content) {
        IOException failure = null;
        try {
            file.write(content);
        } catch (IOException | RuntimeException failed) {
            failure = failed instanceof IOException io ? io : new IOException(failed);
        }
        IOException outcome = failure;
        lifecycle.run(() -> {
            writing = false;
            if (outcome == null) {
                warned = false;
            } else if (!warned) {
                warned = true;
                LOG.warn(
                        "{}: the last good set cannot be kept in {}: {}; balancing goes on, a restart would not have it",
                        source,
                        file.path(),
                        outcome.toString());
            }
            save();
        });
    }

    private void blocking(Runnable task) {
        try {
            env.blocking().execute(task);
        } catch (RejectedExecutionException refused) {
            writing = false;
            readDone();
            LOG.warn("{}: the last good set in {} cannot be used: {}", source, file.path(), refused.toString());
        }
    }

    @Override
    public void refresh() {
        source.refresh();
    }

    @Override
    public void close() {
        lifecycle.closeSource(source);
        lifecycle.close(() -> {
            if (headStart != null) {
                headStart.cancel();
            }
            if (debounce != null) {
                debounce.cancel();
                debounce = null;
            }
            EndpointSet set = good;
            if (set != null && worthWriting()) {
                LastGoodFile.Content content = new LastGoodFile.Content(set, configurationToKeep());
                blocking(() -> writeNow(content));
            }
        });
    }

    @Override
    public String toString() {
        return source.toString();
    }
}
