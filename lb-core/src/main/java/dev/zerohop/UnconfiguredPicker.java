package dev.zerohop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Picks nothing, since the source's first configuration was rejected: how it places keys is not known. */
record UnconfiguredPicker(String reason) implements Picker {

    /** What calls, logs and {@code explain} say. */
    String text() {
        return "the source's configuration is rejected, and there was no good one before it: " + reason
                + "; calls fail until the source gives a good one or takes this one back, or the application states one";
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        return null;
    }

    @Override
    public Refusal refusal(PickContext context) {
        return new Refusal(Refusal.Kind.BAD_CONFIGURATION, false, text());
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return this;
    }

    @Override
    public List<String> explain(PickContext context) {
        return List.of("refused: " + text());
    }
}
