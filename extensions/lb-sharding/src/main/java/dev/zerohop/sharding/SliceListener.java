package dev.zerohop.sharding;

import java.util.List;

/** Hears which keys a member gains and loses, one call at a time and in order, on a thread of its own. What it throws is logged. */
public interface SliceListener {

    /**
     * The member is about to own these. It does not answer that it owns them before this returns, or {@link SliceMemberOptions#warmUp} has passed: time to load what their keys need. Clients
     * send their calls already.
     *
     * @param ranges ascending, with the members that had them
     */
    default void gained(List<SliceRange> ranges) {}

    /**
     * The member owns these no longer. It has answered so already.
     *
     * @param ranges ascending, with the members that have them now
     */
    default void lost(List<SliceRange> ranges) {}
}
