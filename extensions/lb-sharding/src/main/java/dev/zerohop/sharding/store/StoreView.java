package dev.zerohop.sharding.store;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a store knows at one moment. An immutable value.
 *
 * @param members all that are registered, sorted by id
 * @param assignment the one in force; null if there is none, or none has been read yet
 * @param leader the id of the member that assigns; null if none does
 * @param leading whether that is this member: it holds the candidacy, and its lease is valid by its own clock
 * @param reports the newest report of each member; only of interest to the one that leads
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
