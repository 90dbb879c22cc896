package dev.zerohop.picker;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeyDirectory;
import dev.zerohop.KeyDirectory.Absent;
import dev.zerohop.KeyDirectory.Answer;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.ShardMap;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The members of a snapshot as a directory names them: by id or by ordinal. Immutable. */
final class DirectoryIndex {
    private static final Answer NO_DIRECTORY = new Unknown(
            false, "the source of the endpoints has no directory, expected one that keeps who owns which key (etcd)");

    private final @Nullable KeyDirectory directory;

    /** Sorted by id. */
    private final List<Node> members;

    private final boolean[] usable;

    /** Those that are no candidates but draining, and serve; null if there is none. */
    private final boolean @Nullable [] draining;

    private final OrdinalIndex byOrdinal;

    DirectoryIndex(Snapshot snapshot) {
        this.directory = snapshot.directory();
        this.members = snapshot.members();
        this.usable = new boolean[members.size()];
        int next = 0;
        for (int i = 0; i < usable.length && next < snapshot.candidates().size(); i++) {
            if (members.get(i) == snapshot.candidates().get(next).node()) {
                usable[i] = true;
                next++;
            }
        }
        boolean[] leaving = null;
        for (int i = 0; i < usable.length; i++) {
            if (!usable[i] && OrdinalIndex.drainingWeight(members.get(i)) > 0) {
                leaving = leaving == null ? new boolean[usable.length] : leaving;
                leaving[i] = true;
            }
        }
        this.draining = leaving;
        this.byOrdinal = new OrdinalIndex(snapshot);
    }

    Answer find(EndpointSelector key) {
        return directory == null ? NO_DIRECTORY : directory.find(key);
    }

    Answer peek(EndpointSelector key) {
        return directory == null ? NO_DIRECTORY : directory.peek(key);
    }

    /** The owner if it may be picked; also one that is draining, while it serves. */
    @Nullable
    Node usable(Owner owner, PickContext context) {
        String id = owner.endpointId();
        if (id == null) {
            return byOrdinal.usable(owner.ordinal(), context);
        }
        int at = indexOf(id);
        return at >= 0 && (usable[at] || (draining != null && draining[at])) ? members.get(at) : null;
    }

    /** Whether an owner that may be picked is draining and no candidate. */
    boolean draining(Owner owner) {
        String id = owner.endpointId();
        if (id == null) {
            int position = byOrdinal.find(owner.ordinal());
            return position >= 0 && byOrdinal.draining(position);
        }
        int at = draining == null ? -1 : indexOf(id);
        return at >= 0 && draining != null && draining[at];
    }

    /** The owner whatever its health; null if it is no member. */
    @Nullable
    Node known(Owner owner) {
        String id = owner.endpointId();
        if (id == null) {
            return byOrdinal.first(owner.ordinal());
        }
        int at = indexOf(id);
        return at >= 0 ? members.get(at) : null;
    }

    boolean owns(Node node, Owner owner) {
        String id = owner.endpointId();
        return id == null
                ? byOrdinal.owns(node, owner.ordinal())
                : node.endpoint().id().equals(id);
    }

    private int indexOf(String id) {
        int low = 0;
        int high = members.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = members.get(middle).endpoint().id().compareTo(id);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    /** Why the owner is not among the members. */
    String notAMember(Owner owner) {
        return owner.endpointId() != null
                ? owner + " is not among the " + members.size() + " endpoints known"
                : owner + " has no endpoint; ordinals known: " + byOrdinal.known();
    }

    List<String> explain(EndpointSelector key) {
        return directory == null ? List.of() : directory.explain(key);
    }

    PlacementExplanation place(DirectoryPolicy policy, EndpointSelector key, Snapshot snapshot) {
        List<String> why = new ArrayList<>(explain(key));
        Answer answer = peek(key);
        if (answer instanceof Owner owner) {
            Node node = known(owner);
            why.add(node == null ? notAMember(owner) : owner + " is " + node.endpoint());
            Endpoint endpoint = node == null ? null : node.endpoint();
            return new PlacementExplanation(
                    endpoint == null ? owner.ordinal() : endpoint.ordinal(),
                    endpoint == null ? List.of() : List.of(endpoint),
                    policy.name(),
                    0,
                    ShardMap.NO_EPOCH,
                    why);
        }
        if (answer instanceof Unknown unknown) {
            why.add(unknown.reason());
        }
        if (answer instanceof Absent && policy.missing() instanceof ShardPolicy hashed) {
            why.add("placed by " + hashed.name() + ", as keys without an entry are");
            PlacementExplanation placement = hashed.place(key, snapshot);
            why.addAll(placement.why());
            return new PlacementExplanation(
                    placement.ordinal(),
                    placement.replicas(),
                    placement.strategy(),
                    placement.shards(),
                    placement.epoch(),
                    why);
        }
        if (answer instanceof Absent) {
            why.add(missing(policy, key));
        }
        return new PlacementExplanation(Endpoint.NO_ORDINAL, List.of(), policy.name(), 0, ShardMap.NO_EPOCH, why);
    }

    /** What becomes of a key without an entry. */
    String missing(DirectoryPolicy policy, EndpointSelector key) {
        return "key " + ShardStrategy.quoted(key) + " has no entry in the directory"
                + (policy.missing() == null
                        ? ""
                        : ", picked by " + policy.missing().name());
    }
}
