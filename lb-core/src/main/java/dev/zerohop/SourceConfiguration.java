package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.Objects;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * The configuration that a source states: the last good one, and why the present one was rejected if it was. A text is read once, where it arrives;
 * everything after that goes by the settings. An immutable value; two are equal if their texts are.
 */
public final class SourceConfiguration {

    /** Before the first: neither a configuration nor that there is none. */
    public static final SourceConfiguration NONE = new SourceConfiguration(null, null, null, null);

    /** Reads the format of the configuration reference. For the package that knows it; found by {@link ServiceLoader}, once. */
    public interface Format {
        /**
         * The settings.
         *
         * @throws IllegalArgumentException if the configuration is rejected
         */
        BalancerSettings read(String json);
    }

    private static final class Holder {
        static final Format FORMAT = ServiceLoader.load(Format.class, Format.class.getClassLoader())
                .findFirst()
                .orElseThrow();
    }

    private final @Nullable String text;
    private final @Nullable BalancerSettings settings;
    private final @Nullable String rejectedText;
    private final @Nullable String rejection;

    private SourceConfiguration(
            @Nullable String text,
            @Nullable BalancerSettings settings,
            @Nullable String rejectedText,
            @Nullable String rejection) {
        this.text = text;
        this.settings = settings;
        this.rejectedText = rejectedText;
        this.rejection = rejection;
    }

    /**
     * The next one, where the source states this text. A text that is rejected leaves the last good one as it is.
     *
     * @param json in the format of the configuration reference; empty if the source configures nothing any more
     */
    public SourceConfiguration configured(String json) {
        if (requireNonNull(json, "json").equals(text)) {
            return rejection == null ? this : new SourceConfiguration(text, settings, null, null);
        }
        if (json.equals(rejectedText)) {
            return this;
        }
        try {
            return new SourceConfiguration(json, json.isEmpty() ? null : Holder.FORMAT.read(json), null, null);
        } catch (IllegalArgumentException rejected) {
            return new SourceConfiguration(text, settings, json, SourceState.brief(rejected));
        }
    }

    /** The next one, where the source itself rejects what it holds and says why. */
    public SourceConfiguration rejected(String reason) {
        return new SourceConfiguration(text, settings, null, Printable.text(requireNonNull(reason, "reason")));
    }

    /** The same, where one that is rejected and has no good one from before takes that of another. */
    public SourceConfiguration orGoodOf(SourceConfiguration other) {
        return text != null || rejection == null
                ? this
                : new SourceConfiguration(other.text, other.settings, rejectedText, rejection);
    }

    /** Whether the source configures something at present, well or badly. */
    public boolean configures() {
        return rejection != null || (text != null && !text.isEmpty());
    }

    /** The text of the last good one; empty if the source configures nothing, null if there was none. */
    public @Nullable String text() {
        return text;
    }

    /** The settings of the last good one; null if there was none or the source configures nothing. */
    public @Nullable BalancerSettings settings() {
        return settings;
    }

    /** The text that is rejected at present; null if none is, or if the source rejects what it holds by itself. */
    public @Nullable String rejectedText() {
        return rejectedText;
    }

    /** Why what the source states at present is rejected; null if it is not. */
    public @Nullable String rejection() {
        return rejection;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SourceConfiguration that
                && Objects.equals(text, that.text)
                && Objects.equals(rejectedText, that.rejectedText)
                && Objects.equals(rejection, that.rejection);
    }

    @Override
    public int hashCode() {
        return Objects.hash(text, rejectedText, rejection);
    }

    @Override
    public String toString() {
        return "SourceConfiguration(" + text + (rejection == null ? ")" : ", now rejected: " + rejection + ")");
    }
}
