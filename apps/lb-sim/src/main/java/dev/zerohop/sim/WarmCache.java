package dev.zerohop.sim;

import dev.zerohop.Options;
import dev.zerohop.PrefixKey;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a server keeps of the beginnings that it has worked on, such as the key-value cache of a model server: the blocks used last. */
final class WarmCache {
    private final Spec spec;
    private final Recorder recorder;
    private final LinkedHashMap<Long, Boolean> blocks;

    WarmCache(Spec spec, Recorder recorder) {
        this.spec = spec;
        this.recorder = recorder;
        this.blocks = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
                return size() > spec.blocks();
            }
        };
    }

    /**
     * Its size and its use.
     *
     * @param blocks how many blocks it keeps
     * @param missNanos the work for each block of a call that it has not
     */
    record Spec(int blocks, long missNanos) {
        private static final int MOST = 100_000_000;

        /** Null if the server keeps nothing. */
        static @Nullable Spec read(Options server) {
            if (!server.has("cache")) {
                return null;
            }
            Options cache = server.object("cache", "blocks", "missTakes");
            return new Spec(
                    cache.integer("blocks", 10_000, 1, MOST),
                    Times.read(cache, "missTakes", Times.MILLISECOND, 0, Times.HOUR));
        }
    }

    /** The work for what is missing of an attempt's beginning, which is here from then on. */
    long workNanos(Attempt attempt) {
        PrefixKey key = attempt.prefix;
        if (key == null) {
            return 0;
        }
        int warm = 0;
        while (warm < key.blocks() && blocks.containsKey(key.blockHash(warm))) {
            warm++;
        }
        // The first block last, so that of a beginning the end is forgotten first.
        for (int i = key.blocks() - 1; i >= 0; i--) {
            blocks.put(key.blockHash(i), true);
        }
        if (attempt.call != null) {
            recorder.worked(attempt.call, key.blocks(), warm);
        }
        return (key.blocks() - warm) * spec.missNanos();
    }
}
