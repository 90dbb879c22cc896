package dev.zerohop;

import java.util.List;

/**
 * Why a pick goes where it goes: the settings, the members, what each stage did, and how the picker chooses. For people and for the command line.
 *
 * @param service the balancer's name
 * @param source the state of the source: name, version, age, last error
 * @param settings one line for each part of the settings in force, with what is left of the retry budget; and why the source's last configuration was
 *     rejected, if it was
 * @param members one line for each member: endpoint, weight, health since when and until when, attempts under way, failures in a row
 * @param stages one line for each stage
 * @param pick how the picker chooses for the context
 */
public record Explanation(
        String service,
        String source,
        List<String> settings,
        List<String> members,
        List<String> stages,
        List<String> pick) {

    /** Copies the lists. Each text is taken in its {@linkplain Printable#text(String, int) printable} form: keys of callers stand in them. */
    public Explanation {
        service = Printable.text(service, Integer.MAX_VALUE);
        source = Printable.text(source, Integer.MAX_VALUE);
        settings = printable(settings);
        members = printable(members);
        stages = printable(stages);
        pick = printable(pick);
    }

    private static List<String> printable(List<String> lines) {
        return lines.stream()
                .map(line -> Printable.text(line, Integer.MAX_VALUE))
                .toList();
    }

    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder(service).append(": ").append(source).append('\n');
        settings.forEach(line -> out.append("  settings ").append(line).append('\n'));
        members.forEach(line -> out.append("  member ").append(line).append('\n'));
        stages.forEach(line -> out.append("  stage ").append(line).append('\n'));
        pick.forEach(line -> out.append("  pick ").append(line).append('\n'));
        return out.toString();
    }
}
