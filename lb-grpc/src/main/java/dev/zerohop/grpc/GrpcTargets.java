package dev.zerohop.grpc;

import dev.zerohop.Target;
import java.nio.charset.StandardCharsets;

/** Targets as gRPC wants them written. */
final class GrpcTargets {
    private static final String ALLOWED = "-._~!$&'()*+,;=:@/?%";

    /** How the authority of a target ends that states no name. */
    static final String NOT_STATED = ".invalid";

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
     * The logical authority of a target, which TLS checks at every endpoint: the provider's name, else the one host that a static target consists of. Where
     * neither states a name it is one below {@code .invalid}, for which no certificate is issued (RFC 6761), and which {@code *.invalid} does not
     * cover: TLS then needs {@code overrideAuthority}, and fails without.
     */
    static String authority(Target target, String tlsName) {
        if (!tlsName.isEmpty()) {
            return tlsName;
        }
        String path = target.path();
        boolean oneHost = target.scheme().equals("static") && !path.isEmpty();
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            oneHost &= c < 0x80 && (Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == ':' || c == '_');
        }
        return oneHost ? path : "no-name." + target.scheme().replace('+', '-') + NOT_STATED;
    }
}
