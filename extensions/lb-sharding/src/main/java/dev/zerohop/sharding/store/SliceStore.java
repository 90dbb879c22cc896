package dev.zerohop.sharding.store;

import dev.zerohop.SliceMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One member's access to what the members of a service share: the registrations, the election of the one that assigns, the reports of load, and the assignment in force.
 *
 * <p>What the store knows is published whole, as one {@link StoreView}, in tasks of one serial executor. Thread-safe; no method blocks. What cannot be reached is tried again, with a
 * growing and jittered delay; what is known stays meanwhile.
 */
public interface SliceStore extends AutoCloseable {

    /** Registers the member, enters the election if it is a candidate, and follows the store. To be called once. */
    void start(MemberState self, Consumer<StoreView> listener);

    /** Changes what the member states about itself; the registration stays under its lease. A change of the generation alone may be written half a minute later. */
    void announce(MemberState self);

    /** Hands a report of load to the assigner. One that is lost is replaced by the next. */
    void report(LoadReport report);

    /**
     * Writes the next assignment, if this member leads and {@code before} is still the one in force; nothing otherwise.
     *
     * <p>What is written comes back as the assignment of a later view, of a generation above all before it. The loads of slices whose bounds and owners stay may be those of before.
     *
     * @param before the assignment that {@code next} was made from; null if there was none
     * @param next a draft
     * @return completes with whether it was written; fails with an {@link java.io.IOException} if the store cannot be reached, and it may then be written or not: the next view that has
     *     no error says which
     */
    CompletableFuture<Boolean> write(@Nullable SliceMap before, SliceMap next);

    /** Gives up the lead, if it has it, and the candidacy, without waiting for its lease to end. The member stays registered. */
    void resign();

    /**
     * Resigns, deletes the registration and ends. Completes when the others can see it; fails with an {@link java.io.IOException} if the store cannot be reached, which then forgets the
     * member by itself. Idempotent.
     */
    CompletableFuture<Void> leave();

    /** {@link #leave}, without waiting for it. */
    @Override
    void close();
}
