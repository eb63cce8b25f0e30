package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.CliError;

/** A kind as it is typed. */
final class KindArgument {
    private KindArgument() {}

    static Kind parse(String typed) {
        return Kinds.find(typed).orElseThrow(() -> {
            CliError error = CliError.usage("unknown kind \"" + typed + "\"")
                    .because("kinds: " + String.join(", ", Kinds.ALL.stream().map(Kind::singular).toList()));
            return Kinds.nearest(typed).map(near -> error.next("did you mean \"" + near.singular() + "\"?")).orElse(error);
        });
    }
}
