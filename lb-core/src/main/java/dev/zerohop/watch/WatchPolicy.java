package dev.zerohop.watch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The time-outs and intervals with which a {@link Reflector} follows a store. Times are drawn anew for each client and turn, 15 % longer or shorter
 * unless they say otherwise, so that clients do not march in step. Immutable, thread-safe.
 */
public final class WatchPolicy {
    final Duration startSpread;
    final Duration listTimeout;
    final Duration openTimeout;
    final Duration watchLife;
    final Duration settled;
    final int quietLosses;
    final Duration lossSpread;
    final @Nullable Duration silence;
    final @Nullable Duration silenceAfterBookmark;
    final @Nullable Duration check;
    final @Nullable Duration list;
    final long maxSize;
    final Backoff backoff;

    private WatchPolicy(Builder builder) {
        this.startSpread = builder.startSpread;
        this.listTimeout = builder.listTimeout;
        this.openTimeout = builder.openTimeout;
        this.watchLife = builder.watchLife;
        this.settled = builder.settled;
        this.quietLosses = builder.quietLosses;
        this.lossSpread = builder.lossSpread;
        this.silence = builder.silence;
        this.silenceAfterBookmark = builder.silenceAfterBookmark;
        this.check = builder.check;
        this.list = builder.list;
        this.maxSize = builder.maxSize;
        this.backoff = builder.backoff;
    }

    /** A policy with these waits after failures. */
    public static Builder builder(Backoff backoff) {
        return new Builder(backoff);
    }

    /** Says what differs from the defaults. For one thread. */
    public static final class Builder {
        private final Backoff backoff;
        private Duration startSpread = Duration.ZERO;
        private Duration listTimeout = Duration.ofSeconds(20);
        private Duration openTimeout = Duration.ofSeconds(10);
        private Duration watchLife = Duration.ZERO;
        private Duration settled = Duration.ZERO;
        private int quietLosses;
        private Duration lossSpread = Duration.ZERO;
        private @Nullable Duration silence;
        private @Nullable Duration silenceAfterBookmark;
        private @Nullable Duration check;
        private @Nullable Duration list;
        private long maxSize = Long.MAX_VALUE;

        private Builder(Backoff backoff) {
            this.backoff = requireNonNull(backoff, "backoff");
        }

        /** The first list waits up to this long, drawn: a fleet that starts together does not ask together. Default: none. */
        public Builder startSpread(Duration most) {
            startSpread = most;
            return this;
        }

        /** How long one page of a list, and how long the opening of a watch may take. Default: 20 s and 10 s. */
        public Builder timeouts(Duration list, Duration open) {
            listTimeout = list;
            openTimeout = open;
            return this;
        }

        /** How long the server is asked to keep a watch: between this and twice this, drawn. Default: as long as it likes. */
        public Builder watchLife(Duration least) {
            watchLife = least;
            return this;
        }

        /**
         * So many watches may be lost in a row before that is reported, as long as the lists between them succeed; after one that was open for {@code settled}
         * the count begins again. Default: none, and every watch that opens is settled.
         */
        public Builder quietLosses(int losses, Duration settledAfter) {
            quietLosses = losses;
            settled = settledAfter;
            return this;
        }

        /** A client that has a copy and loses its server asks again within this time, drawn: thousands lose it at one instant. Default: the back-off's wait. */
        public Builder lossSpread(Duration most) {
            lossSpread = most;
            return this;
        }

        /** A watch that was silent for so long is doubted, and the store listed again; sooner once the server has sent a bookmark. Default: never. */
        public Builder silence(Duration limit, Duration afterBookmark) {
            silence = limit;
            silenceAfterBookmark = afterBookmark;
            return this;
        }

        /**
         * How often the store is asked whether the copy is what it holds, by {@link ListWatch#check}, and how often it is listed all the same. Default: never.
         */
        public Builder reconcile(Duration checkEvery, Duration listEvery) {
            check = checkEvery;
            list = listEvery;
            return this;
        }

        /** The most that a copy may hold, in the unit of {@link ListWatch#sizeOf}; what is larger is a failure and the last state stays. Default: no limit. */
        public Builder maxSize(long limit) {
            maxSize = limit;
            return this;
        }

        /** The policy. */
        public WatchPolicy build() {
            return new WatchPolicy(this);
        }
    }
}
