package dev.zerohop.picker;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeyDirectory;
import dev.zerohop.KeyDirectory.Answer;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.ShardMap;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The members of a snapshot as a directory names them: by id or by ordinal. Immutable. */
final class DirectoryIndex {
    private static final Answer NO_DIRECTORY = new Unknown(
            false, "the source of the endpoints has no directory, expected one that keeps the owners of keys (etcd)");

    private final @Nullable KeyDirectory directory;

    private final List<Node> members;
    /** Those of the members, which are sorted by them. */
    private final String[] ids;
    /** Those that health leaves, and those that are draining and serve. */
    private final boolean[] usable;
    /** Those of them that are draining and that health does not leave. */
    private final boolean[] draining;

    private final OrdinalIndex byOrdinal;

    DirectoryIndex(Snapshot snapshot) {
        this.directory = snapshot.directory();
        this.members = snapshot.members();
        this.ids = members.stream().map(node -> node.endpoint().id()).toArray(String[]::new);
        this.usable = new boolean[ids.length];
        this.draining = new boolean[ids.length];
        double[] available = OrdinalIndex.weights(members, snapshot.available());
        for (int i = 0; i < ids.length; i++) {
            boolean well = available[i] > 0;
            draining[i] = !well && OrdinalIndex.drainingWeight(members.get(i)) > 0;
            usable[i] = well || draining[i];
        }
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
        int at = Arrays.binarySearch(ids, id);
        return at >= 0 && usable[at] ? members.get(at) : null;
    }

    /** Whether an owner that may be picked is draining and not available. */
    boolean draining(Owner owner) {
        String id = owner.endpointId();
        if (id == null) {
            int position = byOrdinal.find(owner.ordinal());
            return position >= 0 && byOrdinal.draining(position);
        }
        int at = Arrays.binarySearch(ids, id);
        return at >= 0 && draining[at];
    }

    /** The owner whatever its health; null if it is no member. */
    @Nullable
    Node known(Owner owner) {
        String id = owner.endpointId();
        if (id == null) {
            return byOrdinal.first(owner.ordinal());
        }
        int at = Arrays.binarySearch(ids, id);
        return at >= 0 ? members.get(at) : null;
    }

    boolean owns(Node node, Owner owner) {
        String id = owner.endpointId();
        return id == null
                ? byOrdinal.owns(node, owner.ordinal())
                : node.endpoint().id().equals(id);
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
        int ordinal = Endpoint.NO_ORDINAL;
        List<Endpoint> replicas = List.of();
        Answer answer = peek(key);
        if (answer instanceof Owner owner) {
            Node node = known(owner);
            ordinal = node == null ? owner.ordinal() : node.endpoint().ordinal();
            replicas = node == null ? List.of() : List.of(node.endpoint());
            why.add(node == null ? notAMember(owner) : owner + " is " + node.endpoint());
        } else if (answer instanceof Unknown unknown) {
            why.add(unknown.reason());
        } else if (policy.settings().missing() instanceof ShardPolicy hashed) {
            PlacementExplanation placed = hashed.place(key, snapshot);
            why.add("placed by " + hashed.name() + ", as keys without an entry are");
            why.addAll(placed.why());
            return new PlacementExplanation(
                    placed.ordinal(), placed.replicas(), placed.strategy(), placed.shards(), placed.epoch(), why);
        } else {
            why.add(missing(policy, key));
        }
        return new PlacementExplanation(ordinal, replicas, policy.name(), 0, ShardMap.NO_EPOCH, why);
    }

    /** What becomes of a key without an entry. */
    String missing(DirectoryPolicy policy, EndpointSelector key) {
        PickPolicy missing = policy.settings().missing();
        return "key " + KeyPlacement.quoted(key) + " has no entry in the directory"
                + (missing == null ? "" : ", picked by " + missing.name());
    }
}
