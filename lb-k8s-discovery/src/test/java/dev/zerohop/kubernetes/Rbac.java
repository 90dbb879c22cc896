package dev.zerohop.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who may do what, by the Roles and RoleBindings that were applied, as an API server decides it: a rule with resource names covers a list or a watch only
 * if that asks for one of these names.
 */
final class Rbac {
    private final Map<String, HasMetadata> objects = new ConcurrentHashMap<>();

    /** What {@code kubectl apply} does with manifests; gives how many of them changed anything. */
    int apply(String yaml) {
        int changed = 0;
        for (HasMetadata object : Manifests.parse(yaml)) {
            HasMetadata before = objects.put(
                    object.getKind() + " " + object.getMetadata().getNamespace() + "/"
                            + object.getMetadata().getName(),
                    object);
            changed += object.equals(before) ? 0 : 1;
            if (object instanceof RoleBinding after
                    && before instanceof RoleBinding bound
                    && !after.getRoleRef().equals(bound.getRoleRef())) {
                throw new IllegalStateException("cannot change roleRef of " + bound);
            }
        }
        return changed;
    }

    List<String> names() {
        return objects.keySet().stream().sorted().toList();
    }

    boolean allows(String user, String verb, String group, String resource, String namespace, String name) {
        for (HasMetadata object : objects.values()) {
            if (object instanceof RoleBinding binding
                    && binding.getMetadata().getNamespace().equals(namespace)
                    && binding.getSubjects().stream().anyMatch(subject -> is(subject, user))
                    && objects.get("Role " + namespace + "/"
                                    + binding.getRoleRef().getName())
                            instanceof Role role
                    && role.getRules().stream().anyMatch(rule -> covers(rule, verb, group, resource, name))) {
                return true;
            }
        }
        return false;
    }

    private static boolean is(Subject subject, String user) {
        return switch (subject.getKind()) {
            case "ServiceAccount" ->
                user.equals("system:serviceaccount:" + subject.getNamespace() + ":" + subject.getName());
            case "User" -> "rbac.authorization.k8s.io".equals(subject.getApiGroup()) && user.equals(subject.getName());
            default -> throw new IllegalArgumentException("subject of kind " + subject.getKind());
        };
    }

    private static boolean covers(PolicyRule rule, String verb, String group, String resource, String name) {
        return rule.getVerbs().contains(verb)
                && rule.getApiGroups().contains(group)
                && rule.getResources().contains(resource)
                && (rule.getResourceNames().isEmpty()
                        || (name != null && rule.getResourceNames().contains(name)));
    }
}
