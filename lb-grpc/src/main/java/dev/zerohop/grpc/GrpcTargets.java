package dev.zerohop.grpc;

import dev.zerohop.Target;
import java.nio.charset.StandardCharsets;

/** Targets as gRPC wants them written. */
final class GrpcTargets {
    private static final String ALLOWED = "-._~!$&'()*+,;=:@/?%";

    private GrpcTargets() {}

    static String encode(String text) {
        Target target = Target.parse(text);
        target.provider();
        int authorityEnd = target.scheme().length() + 3 + target.authority().length();
        StringBuilder encoded = new StringBuilder(text.length() + 8);
        // gRPC compares the scheme as written with the provider's, which is in lower case; brackets are legal in an
        // authority.
        encoded.append(target.scheme()).append(text, target.scheme().length(), authorityEnd);
        for (byte b : text.substring(authorityEnd).getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || ALLOWED.indexOf(c) >= 0);
            if (plain) {
                encoded.append(c);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return encoded.toString();
    }

    /**
     * The logical authority of a target: the provider's TLS name, else the target's path where it is one host, else the scheme. Several addresses are no
     * name; TLS to them needs {@code overrideAuthority}, and fails closed without.
     */
    static String authority(Target target, String tlsName) {
        if (!tlsName.isEmpty()) {
            return tlsName;
        }
        String path = target.path();
        boolean oneHost = !path.isEmpty();
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            oneHost &= c < 0x80 && (Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == ':' || c == '_');
        }
        return oneHost ? path : target.scheme();
    }
}
