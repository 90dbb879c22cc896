package dev.zerohop.kubernetes;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;

/**
 * Manifests of a Role and of its binding. Applying them replaces objects of the same names, so each name belongs to one subject and one target, and the rules
 * contain everything that the target needs.
 */
final class Roles {
    private static final int HASH_BYTES = 5;

    private Roles() {}

    /**
     * The manifests.
     *
     * @param namespace the namespace that is read
     * @param label a readable part of the name
     * @param target the whole target, with its namespace
     * @param user the subject's name on the API server
     * @param note a comment on the subject; empty for none
     */
    static String yaml(
            String namespace, String label, String target, Collection<RbacRule> rules, String user, String note) {
        String name = "zerohop-" + label + "-" + hash(user + "\n" + target);
        StringBuilder yaml = new StringBuilder(head("Role", name, namespace)).append("rules:\n");
        for (RbacRule rule : new LinkedHashSet<>(rules)) {
            yaml.append(rule.yaml());
        }
        return yaml.append("---\n")
                .append(head("RoleBinding", name, namespace))
                .append("roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: ")
                .append(Yaml.quoted(name))
                .append("\nsubjects:\n")
                .append(note.isEmpty() ? "" : "  # " + note + "\n")
                .append(subject(user))
                .toString();
    }

    private static String subject(String user) {
        String[] account = user.split(":", -1);
        return account.length == 4 && user.startsWith("system:serviceaccount:")
                ? "  - kind: ServiceAccount\n    name: " + Yaml.quoted(account[3]) + "\n    namespace: "
                        + Yaml.quoted(account[2]) + "\n"
                : "  - kind: User\n    apiGroup: rbac.authorization.k8s.io\n    name: " + Yaml.quoted(user) + "\n";
    }

    private static String head(String kind, String name, String namespace) {
        return "apiVersion: rbac.authorization.k8s.io/v1\nkind: " + kind + "\nmetadata:\n  name: " + Yaml.quoted(name)
                + "\n  namespace: " + Yaml.quoted(namespace) + "\n";
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
