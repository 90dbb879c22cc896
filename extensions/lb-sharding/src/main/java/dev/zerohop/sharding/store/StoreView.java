package dev.zerohop.sharding.store;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a store knows at one moment. An immutable value.
 *
 * @param members all that are registered, sorted by id; for the one that leads, and possibly empty for the others
 * @param assignment the one in force; null if there is none, or none has been read yet. Never an older one than before: a store that was put back to an earlier state, or lost what it
 *     held, is given the newest assignment that a member knows again, by itself, with a higher generation
 * @param leader the id of the member that assigns; null if none does
 * @param leading whether that is this member: it holds the candidacy, its lease is valid by its own clock, and the members are read
 * @param reports the newest report of each member; for the one that leads, and possibly empty for the others
 * @param error why the store cannot be reached, in words; null while it can. What was read before stays in the view
 * @param read whether the store has been read at all: without, no members and no assignment mean nothing
 */
public record StoreView(
        List<Member> members,
        @Nullable SliceMap assignment,
        @Nullable String leader,
        boolean leading,
        List<LoadReport> reports,
        @Nullable String error,
        boolean read) {

    /** Before the first answer. */
    public static final StoreView NONE = new StoreView(List.of(), null, null, false, List.of(), null, false);

    /** Copies the lists. */
    public StoreView {
        members = List.copyOf(requireNonNull(members, "members"));
        reports = List.copyOf(requireNonNull(reports, "reports"));
    }
}
