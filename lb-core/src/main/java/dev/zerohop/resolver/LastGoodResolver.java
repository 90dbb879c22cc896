package dev.zerohop.resolver;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.SourceConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Keeps the last good set on disk; see {@link Resolvers#lastGood}. */
final class LastGoodResolver extends AbstractResolver {
    private static final Log LOG = Log.of(LastGoodResolver.class);

    /** Time for a source that is up to answer, so that a normal start does not go through an old set. */
    static final Duration HEAD_START = Duration.ofSeconds(1);

    /** Changes within this time are written together. */
    static final Duration DEBOUNCE = Duration.ofSeconds(1);

    /** A set that does not change is written again when its date on disk is this old: the age shown after a restart is true to within a minute. */
    static final Duration CONFIRM = Duration.ofMinutes(1);

    private final Resolver source;
    private final LastGoodFile file;
    private final Env env;

    // Touched by tasks only.
    /** What the source says. */
    private Resolution latest = Resolution.NONE;

    /** The source's last set, which knows of ordinals that are missing in it; null before the first. */
    private @Nullable EndpointSet taken;

    /** The last one of those that the source vouched for. */
    private @Nullable EndpointSet good;

    /** What the file held; null before it is read and without one. */
    private LastGoodFile.@Nullable Content stored;

    /** What the file held of the source's configuration. A file without any is of a source that had answered without one. */
    private SourceConfiguration storedConfiguration = SourceConfiguration.NONE;

    /** Whether the source has had its time to answer. */
    private boolean waited;

    /** Whether the file has been read, or had its time. */
    private boolean readDone;

    private boolean servingStored;
    private LastGoodFile.@Nullable Content written;
    private long writtenNanos;
    private boolean writing;
    private boolean warned;
    private @Nullable Cancellable headStart;
    private @Nullable Cancellable debounce;

    LastGoodResolver(Resolver source, LastGoodFile file, Env env) {
        super(source, env, Runnable::run);
        this.source = source;
        this.file = file;
        this.env = env;
    }

    @Override
    protected void onStart() {
        headStart = env.time()
                .schedule(
                        HEAD_START.toNanos(),
                        () -> run(() -> {
                            waited = true;
                            readDone = true;
                            update();
                        }));
        blocking(this::readStored);
        follow(source, this::take);
    }

    private void readStored() {
        LastGoodFile.Content read = null;
        try {
            read = file.read();
        } catch (IOException | RuntimeException unusable) {
            LOG.warn("{}: the last-good file {} is ignored: it {}", source, file.path(), unusable.getMessage());
        }
        LastGoodFile.Content content = read;
        run(() -> {
            stored = content;
            if (content != null) {
                String json = content.configuration();
                storedConfiguration = SourceConfiguration.NONE.configured(json == null ? "" : json);
                // If the source was faster than the file: what the file knows of ordinals still holds.
                EndpointSet fresh = good;
                good = fresh == null ? null : remembering(fresh, content.set());
                taken = taken == null ? null : taken == fresh ? good : remembering(taken, content.set());
            }
            readDone = true;
            update();
        });
    }

    private void take(Resolution now) {
        EndpointSet given = now.endpoints();
        if (given != null && given != latest.endpoints()) {
            LastGoodFile.Content content = stored;
            taken = taken == null && content != null
                    ? remembering(given, content.set())
                    : given.rememberingOrdinals(taken);
        }
        latest = now;
        EndpointSet last = taken;
        if (last != null && now.error() == null && !last.stale()) {
            good = last;
        }
        update();
    }

    /** The stored set bears the target's name instead of the source's, and is of the same source all the same. */
    private static EndpointSet remembering(EndpointSet next, EndpointSet stored) {
        return next.rememberingOrdinals(EndpointSet.builder(next.source())
                .endpoints(stored.endpoints())
                .asOf(stored.asOf())
                .missingOrdinals(stored.missingOrdinals())
                .build());
    }

    private void update() {
        if (!readDone && needsFile()) {
            return;
        }
        publish(resolution());
        if (good != null) {
            save();
        }
    }

    /**
     * Whether the file may change what the source says: it may hold a good configuration where the source has none, or correct a number of shards by which keys
     * would be placed.
     */
    private boolean needsFile() {
        if (latest.configuration().rejection() != null && latest.configuration().text() == null) {
            return true;
        }
        EndpointSet first = taken;
        return first != null
                && current().endpoints() == null
                && first.shardMap() == null
                && first.endpoints().stream().anyMatch(Endpoint::hasOrdinal);
    }

    /** What the source says, and what was stored where it has not said anything. */
    private Resolution resolution() {
        EndpointSet last = taken;
        LastGoodFile.Content content = stored;
        SourceConfiguration configured = latest.configuration();
        SourceConfiguration known = configured.orGoodOf(storedConfiguration);
        if (last != null) {
            boolean silent = good == null && servingStored && configured.equals(SourceConfiguration.NONE);
            return latest.mapEndpoints(given -> last).with(silent ? storedConfiguration : known);
        }
        if (content == null || (!waited && !servingStored && latest.error() == null)) {
            return latest.with(known);
        }
        if (!servingStored) {
            servingStored = true;
            LOG.warn(
                    "{}: has not answered; {} endpoints of {} are served from {}",
                    source,
                    content.set().endpoints().size(),
                    content.set().asOf(),
                    file.path());
        }
        return latest.answered(content.set())
                .with(configured.equals(SourceConfiguration.NONE) ? storedConfiguration : known);
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
                            () -> run(() -> {
                                debounce = null;
                                if (worthWriting()) {
                                    write();
                                }
                            }));
        }
    }

    /** An empty set is not kept: a start with no endpoint is no better than one without a file. */
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
        return latest.configuration().configures() && configurationToKeep() == null;
    }

    /** A configuration that is not good takes the place of none that is. */
    private @Nullable String configurationToKeep() {
        SourceConfiguration configured = latest.configuration();
        if (!configured.configures() || configured.text() != null) {
            return configured.text();
        }
        LastGoodFile.Content content = stored;
        return content == null
                ? configured.rejectedText()
                : content.configuration() == null ? "" : content.configuration();
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
        run(() -> {
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
            readDone = true;
            LOG.warn("{}: the last good set in {} cannot be used: {}", source, file.path(), refused.toString());
        }
    }

    @Override
    public void refresh() {
        refreshSource(source);
    }

    @Override
    protected void onClose() {
        closeSource(source);
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
    }
}
