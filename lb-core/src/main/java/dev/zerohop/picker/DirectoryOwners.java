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
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The members of a snapshot as a directory names them: by id or by ordinal. Immutable. */
final class DirectoryOwners {
    private static final Answer NO_DIRECTORY = new Unknown(
            false, "the source of the endpoints has no directory, expected one that keeps who owns which key (etcd)");

    private final @Nullable KeyDirectory directory;

    /** Sorted by id. */
    private final List<Node> members;

    private final boolean[] usable;
    private final Owners byOrdinal;

    DirectoryOwners(Snapshot snapshot) {
        this.directory = snapshot.directory();
        this.members = snapshot.members();
        this.usable = Owners.candidates(members, snapshot.candidates());
        this.byOrdinal = new Owners(DirectoryPolicy.BY_ORDINAL, snapshot);
    }

    Answer find(EndpointSelector key) {
        return directory == null ? NO_DIRECTORY : directory.find(key);
    }

    Answer peek(EndpointSelector key) {
        return directory == null ? NO_DIRECTORY : directory.peek(key);
    }

    /** The owner if it may be picked. */
    @Nullable
    Node usable(Owner owner, PickContext context) {
        String id = owner.endpointId();
        if (id == null) {
            return byOrdinal.usable(owner.ordinal(), context);
        }
        int at = indexOf(id);
        return at >= 0 && usable[at] ? members.get(at) : null;
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

    Placement place(DirectoryPolicy policy, EndpointSelector key, Snapshot snapshot) {
        List<String> why = new ArrayList<>(explain(key));
        Answer answer = peek(key);
        if (answer instanceof Owner owner) {
            Node node = known(owner);
            why.add(node == null ? notAMember(owner) : owner + " is " + node.endpoint());
            Endpoint endpoint = node == null ? null : node.endpoint();
            return new Placement(
                    endpoint == null ? owner.ordinal() : endpoint.ordinal(), endpoint, policy.name(), 0, why);
        }
        if (answer instanceof Unknown unknown) {
            why.add(unknown.reason());
        }
        if (answer instanceof Absent && policy.missing() instanceof ShardPolicy hashed) {
            why.add("placed by " + hashed.name() + ", as keys without an entry are");
            Placement placement = hashed.place(key, snapshot);
            why.addAll(placement.why());
            return new Placement(
                    placement.ordinal(), placement.endpoint(), placement.strategy(), placement.shards(), why);
        }
        if (answer instanceof Absent) {
            why.add(missing(policy, key));
        }
        return new Placement(Endpoint.NO_ORDINAL, null, policy.name(), 0, why);
    }

    /** What becomes of a key without an entry. */
    String missing(DirectoryPolicy policy, EndpointSelector key) {
        return "key " + ShardStrategy.quoted(key) + " has no entry in the directory"
                + (policy.missing() == null
                        ? ""
                        : ", picked by " + policy.missing().name());
    }
}
