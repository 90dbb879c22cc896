package dev.zerohop.kubernetes;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A permission that is missing.
 *
 * @param group the API group; empty for the core
 * @param resource the plural
 * @param name the only object that is meant, or null
 * @param namespace null for a resource that has none
 */
record Grant(String group, String resource, @Nullable String name, @Nullable String namespace) {

    /** What a reader needs. */
    static final List<String> VERBS = List.of("list", "watch");

    static Grant of(Selection<?> what) {
        return new Grant(what.group(), what.plural(), what.name(), what.namespace());
    }

    /**
     * Roles that grant these, each with its binding; empty for none.
     *
     * @param user the name by which the API server knows whom to grant them
     */
    static String yaml(List<Grant> grants, String user) {
        Set<String> documents = new LinkedHashSet<>();
        Set<@Nullable String> namespaces = new LinkedHashSet<>();
        grants.forEach(grant -> namespaces.add(grant.namespace()));
        for (String namespace : namespaces) {
            List<Grant> within = new ArrayList<>();
            for (Grant grant : grants) {
                if (namespace == null ? grant.namespace() == null : namespace.equals(grant.namespace())) {
                    within.add(grant);
                }
            }
            documents.add(role(within, namespace));
            documents.add(binding(namespace, user));
        }
        return String.join("---\n", documents);
    }

    private static String role(List<Grant> grants, @Nullable String namespace) {
        StringBuilder yaml = new StringBuilder(head(namespace == null ? "ClusterRole" : "Role", namespace));
        yaml.append("rules:\n");
        for (Grant grant : new LinkedHashSet<>(grants)) {
            yaml.append("  - apiGroups: [\"").append(grant.group()).append("\"]\n");
            yaml.append("    resources: [\"").append(grant.resource()).append("\"]\n");
            if (grant.name() != null) {
                yaml.append("    resourceNames: [\"").append(grant.name()).append("\"]\n");
            }
            yaml.append("    verbs: [\"").append(String.join("\", \"", VERBS)).append("\"]\n");
        }
        return yaml.toString();
    }

    private static String binding(@Nullable String namespace, String user) {
        String kind = namespace == null ? "ClusterRole" : "Role";
        String[] account = user.split(":");
        boolean service = account.length == 4 && user.startsWith("system:serviceaccount:");
        String subject = service
                ? "  - kind: ServiceAccount\n    name: \"" + account[3] + "\"\n    namespace: \"" + account[2] + "\"\n"
                : "  - kind: User\n    apiGroup: rbac.authorization.k8s.io\n    name: \"" + user.replace("\"", "\\\"")
                        + "\"\n";
        return head(kind + "Binding", namespace)
                + "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: "
                + kind
                + "\n  name: zerohop\nsubjects:\n"
                + subject;
    }

    private static String head(String kind, @Nullable String namespace) {
        return "apiVersion: rbac.authorization.k8s.io/v1\nkind: " + kind + "\nmetadata:\n  name: zerohop\n"
                + (namespace == null ? "" : "  namespace: \"" + namespace + "\"\n");
    }
}
