package dev.meshctl.cli.command.inject;

import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.Version;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.install.kubernetes.render.Target;
import dev.meshctl.cli.install.kubernetes.values.InvalidValues;
import dev.meshctl.cli.install.kubernetes.values.Profile;
import dev.meshctl.cli.install.kubernetes.values.Values;
import dev.meshctl.cli.install.kubernetes.values.ValuesReader;
import dev.meshctl.cli.output.Suggestion;
import dev.meshctl.control.admission.inject.InjectionFile;
import dev.meshctl.control.admission.inject.InjectionSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a mesh is installed with, so that manifests get what its webhook would give; a mixin. */
final class InjectionOptions {
    private static final long MAX_BYTES = 1 << 20;

    @Option(names = "--cluster", paramLabel = "NAME", defaultValue = "",
            description = "the cluster that the manifests are for (default: the current one)")
    String cluster = "";

    @Option(names = "--profile", paramLabel = "PROFILE", defaultValue = "default",
            description = "minimal, default or ha, as for install (default: default)")
    String profile = "default";

    @Option(names = "--values", paramLabel = "FILE", description = "settings in YAML, as for install")
    List<String> values = new ArrayList<>();

    @Option(names = "--set", paramLabel = "PATH=VALUE", description = "one setting, over those of files")
    List<String> settings = new ArrayList<>();

    /** The settings of the webhook that such an installation has. */
    InjectionSettings settings(Context context) {
        Optional<Cluster> known = known(context);
        String name = known.map(Cluster::name).orElse(cluster);
        try {
            DnsLabel.require(name, "cluster name");
        } catch (IllegalArgumentException e) {
            throw CliError.usage(String.valueOf(e.getMessage()));
        }
        Values read = read(context, known);
        String file = Installed.injectionFile(new Target(name, Version.current()), read);
        return InjectionFile.read(file, Installed.NAMESPACE, read.revision().name(), read.revision().promoted());
    }

    // A cluster need not be in the fleet: a pipeline that renders for it has no way to it.
    private Optional<Cluster> known(Context context) {
        if (!cluster.isEmpty()) {
            return context.fleet().find(cluster);
        }
        if (context.fleet().clusters().isEmpty()) {
            throw CliError.usage("no cluster chosen")
                    .because("proxies must know the name and the trust domain of their cluster, and the fleet is empty")
                    .next("add --cluster NAME");
        }
        return Optional.of(context.fleet().currentCluster());
    }

    private Values read(Context context, Optional<Cluster> known) {
        Profile chosen = Profile.find(profile).orElseThrow(() -> unknownProfile());
        ValuesReader reader = new ValuesReader(chosen);
        values.forEach(file -> reader.file(file, text(context, file)));
        known.map(Cluster::trustDomain).ifPresent(domain -> {
            if (!domain.name().equals(known.get().name() + ".mesh")) {
                reader.set("trustDomain=" + domain.name());
            }
        });
        settings.forEach(reader::set);
        try {
            return reader.read();
        } catch (InvalidValues e) {
            throw CliError.usage("the settings are not valid").because(String.valueOf(e.getMessage()))
                    .next("see docs/kubernetes/values.md");
        }
    }

    private CliError unknownProfile() {
        List<String> words = Arrays.stream(Profile.values()).map(Profile::word).toList();
        CliError error = CliError.usage("there is no profile \"" + profile + "\"")
                .because("profiles: " + String.join(", ", words));
        return Suggestion.nearest(profile, words).map(near -> error.next("did you mean \"" + near + "\"?")).orElse(error);
    }

    private static String text(Context context, String file) {
        try {
            var path = context.environment().workingDirectory().resolve(file);
            if (Files.size(path) > MAX_BYTES) {
                throw CliError.usage("cannot read " + file).because("it is larger than " + MAX_BYTES + " bytes");
            }
            return Files.readString(path);
        } catch (IOException e) {
            throw CliError.usage("cannot read " + file)
                    .because(e instanceof NoSuchFileException ? "there is no such file" : e.toString()).from(e);
        }
    }
}
