package dev.zerohop.sharding.plan;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an assignment is made from. An immutable value.
 *
 * @param before the assignment in force; null if there is none
 * @param inherits whether a map of shards places the keys until now: without an assignment all slices then inherit first, so that no key moves, and are assigned little by little
 * @param members all that are there, in any order, each id once
 * @param loads how the load lies over the keys
 * @param settings how keys are divided
 * @param memory what the planner noted when it was asked last; {@link PlanMemory#NONE} for one that leads since now
 * @param nowMillis the instant, of any clock that runs evenly: only differences count
 */
public record PlanInput(
        @Nullable SliceMap before,
        boolean inherits,
        List<PlanMember> members,
        LoadMap loads,
        PlanSettings settings,
        PlanMemory memory,
        long nowMillis) {

    /** Copies the list. */
    public PlanInput {
        members = List.copyOf(members);
        requireNonNull(loads, "loads");
        requireNonNull(settings, "settings");
        requireNonNull(memory, "memory");
    }
}
