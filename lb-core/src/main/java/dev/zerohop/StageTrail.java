package dev.zerohop;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the stages of a {@link Snapshot} did, for people and as values. A reason to panic is of the stage that is at work, until it is done. */
record StageTrail(
        List<String> notes,
        List<Snapshot.Step> steps,
        @Nullable String panic) {
    static final StageTrail NONE = new StageTrail(List.of(), List.of(), null);

    StageTrail with(String note) {
        return new StageTrail(appended(notes, note), steps, panic);
    }

    StageTrail panicking(String reason) {
        return new StageTrail(notes, steps, reason);
    }

    /** {@code before} is what stood before the step. */
    StageTrail after(StageTrail before, String stage, int in, int out) {
        String note = String.join("; ", notes.subList(Math.min(before.notes.size(), notes.size()), notes.size()));
        boolean panics = panic != null && !panic.equals(before.panic);
        String why = panic == null ? before.panic : panic;
        return new StageTrail(notes, appended(before.steps, new Snapshot.Step(stage, in, out, note, panics)), why);
    }

    private static <T> List<T> appended(List<T> list, T last) {
        List<T> longer = new ArrayList<>(list.size() + 1);
        longer.addAll(list);
        longer.add(last);
        return List.copyOf(longer);
    }
}
