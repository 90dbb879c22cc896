package dev.zerohop.resolver;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Resolver;
import dev.zerohop.internal.ConfigurationFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one source has said of its configuration so far, as much of it as a listener that comes late needs: the last good one goes with a bad one that came
 * after it, so that the late listener keeps the good one in force as the early ones do. An immutable value.
 */
public final class SourceConfiguration {

    /** Nothing was said yet. */
    public static final SourceConfiguration NONE = new SourceConfiguration(null, null, null);

    private final @Nullable String good;
    private final @Nullable String last;
    private final @Nullable String rejection;

    private SourceConfiguration(@Nullable String good, @Nullable String last, @Nullable String rejection) {
        this.good = good;
        this.last = last;
        this.rejection = rejection;
    }

    /** After {@link dev.zerohop.Resolver.Listener#onConfiguration}. */
    public SourceConfiguration stated(String json) {
        requireNonNull(json, "json");
        boolean isGood = json.isEmpty() || ConfigurationFormat.get().isGood(json);
        return new SourceConfiguration(isGood ? json : good, json, null);
    }

    /** After {@link dev.zerohop.Resolver.Listener#onConfigurationRejected}. */
    public SourceConfiguration rejected(String reason) {
        return new SourceConfiguration(good, good, requireNonNull(reason, "reason"));
    }

    /** After an answer of the source: if it has configured nothing before it, that is as good as any configuration. */
    public SourceConfiguration answered() {
        return equals(NONE) ? stated("") : this;
    }

    /** Whether the source configures something at present, well or badly. */
    public boolean states() {
        return rejection != null || (last != null && !last.isEmpty());
    }

    /** The last one that was good, empty if the source took back what it configured, null if there was none. */
    public @Nullable String good() {
        return good;
    }

    /** The last one given, good or not; null if there was none. */
    @Nullable
    String last() {
        return last;
    }

    /** Tells a listener all of it, in the order in which it was said. */
    public void tell(Resolver.Listener listener) {
        tellAfter(NONE, listener);
    }

    /** Tells a listener that has heard {@code before} what it has not heard. If it is {@link #NONE}, what was stated before counts as taken back. */
    public void tellAfter(SourceConfiguration before, Resolver.Listener listener) {
        boolean goodIsAll = rejection == null && Objects.equals(last, good);
        boolean noNews = goodIsAll && "".equals(good) && !before.states();
        if (good != null && !noNews && (goodIsAll || !good.equals(before.good))) {
            listener.onConfiguration(good);
        } else if (equals(NONE) && before.states()) {
            listener.onConfiguration("");
        }
        if (last != null && !last.equals(good)) {
            listener.onConfiguration(last);
        }
        if (rejection != null) {
            listener.onConfigurationRejected(rejection);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SourceConfiguration that
                && Objects.equals(good, that.good)
                && Objects.equals(last, that.last)
                && Objects.equals(rejection, that.rejection);
    }

    @Override
    public int hashCode() {
        return Objects.hash(good, last, rejection);
    }

    @Override
    public String toString() {
        return "SourceConfiguration(good " + good + ", last " + last + ", rejected " + rejection + ")";
    }
}
