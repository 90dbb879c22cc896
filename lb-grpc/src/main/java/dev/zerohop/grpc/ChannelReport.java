package dev.zerohop.grpc;

import dev.zerohop.Balancer;
import dev.zerohop.Explanation;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Snapshot;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** What a balancer can explain, and what only its channel knows: connections, and where the configuration comes from. In the synchronization context. */
final class ChannelReport {
    private ChannelReport() {}

    /** One line for the channel, the settings, the source, each member, each stage and the pick. */
    static String of(
            String channel, List<String> settings, Balancer balancer, Subchannels subchannels, PickContext context) {
        Explanation explanation = balancer.explain(context);
        StringBuilder out = new StringBuilder(channel).append('\n');
        settings.forEach(line -> line(out, "settings " + line));
        explanation.settings().forEach(line -> line(out, "settings " + line));
        line(out, explanation.source());
        // The members change in this context only: the lines are those of these nodes, in order.
        Snapshot snapshot = balancer.current().snapshot();
        List<Node> members = snapshot.members();
        Set<Node> reached = Collections.newSetFromMap(new IdentityHashMap<>());
        reached.addAll(snapshot.reached());
        IdentityHashMap<Node, SubchannelHandle> byNode = subchannels.byNode();
        for (int i = 0; i < members.size(); i++) {
            Node node = members.get(i);
            SubchannelHandle handle = byNode.get(node);
            String none = reached.contains(node) ? ", no address yet" : ", not connected: a stage leaves it out";
            line(
                    out,
                    "member " + explanation.members().get(i)
                            + (handle == null ? none : ", connection " + handle.describe()));
        }
        for (SubchannelHandle handle : subchannels.lingering()) {
            line(
                    out,
                    "no longer a member, serves until another is connected: "
                            + handle.node().endpoint() + ", in flight "
                            + handle.node().inFlight() + ", connection " + handle.describe());
        }
        explanation.stages().forEach(stage -> line(out, "stage " + stage));
        explanation.pick().forEach(pick -> line(out, "pick " + pick));
        return out.toString();
    }

    private static void line(StringBuilder out, String text) {
        out.append("  ").append(text).append('\n');
    }
}
