package dev.meshctl.image;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.CredentialRetriever;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.LogEvent;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import com.google.cloud.tools.jib.frontend.CredentialRetrieverFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;

/** Puts base, layers and configuration together to an OCI image in a tar. */
final class Assembly {
    /** Whoever runs the image without saying as whom; the pods of the mesh do say it. */
    static final String USER = "65532:65532";
    static final String PREFIX = "org.opencontainers.image.";

    private final Settings settings;

    Assembly(Settings settings) {
        this.settings = settings;
    }

    /**
     * Writes the tar.
     *
     * @param base a tar or a reference in a registry
     * @return the digest of the image's manifest, {@code sha256:…}
     * @throws ImageException if the base cannot be had or is not what it should be
     */
    String write(BaseImage base, List<FileEntriesLayer> layers) throws IOException, ImageException, InterruptedException {
        Path layout = settings.work().resolve("oci.tar");
        Path layerCache = settings.work().resolve("cache/layers");
        Files.createDirectories(settings.work());
        Files.deleteIfExists(layout);
        // It goes by the times of files, which are all the same here.
        RootFiles.delete(layerCache);
        try {
            JibContainerBuilder image = from(base);
            configure(image, base);
            image.setFileEntriesLayers(layers);
            Containerizer target = Containerizer.to(TarImage.at(layout).named(ImageReference.parse(settings.name())))
                    .setToolName("meshctl")
                    .setBaseImageLayersCache(settings.work().resolve("cache/base"))
                    .setApplicationLayersCache(layerCache)
                    .setOfflineMode(base instanceof BaseImage.Tar);
            String digest = image.containerize(target).getDigest().toString();
            LoadableTar.write(layout, settings.tar(), architecture());
            return digest;
        } catch (InvalidImageReferenceException e) {
            throw new ImageException("a name is wrong: " + e.getMessage(), e);
        } catch (ExecutionException e) {
            throw new ImageException("the image cannot be put together: " + reason(e), e);
        } catch (CacheDirectoryCreationException | RegistryException e) {
            throw new ImageException("the base image cannot be had: " + e.getMessage(), e);
        }
    }

    private static JibContainerBuilder from(BaseImage base) throws ImageException, InvalidImageReferenceException {
        return switch (base) {
            case BaseImage.Tar(Path file) -> {
                if (!Files.isReadable(file)) {
                    throw new ImageException("image.base is " + file + ", which cannot be read");
                }
                yield Jib.from(TarImage.at(file));
            }
            case BaseImage.Registry(String reference) -> Jib.from(withCredentials(ImageReference.parse(reference)))
                    .setPlatforms(Set.of(new Platform(architecture(), "linux")));
            case BaseImage.Own() -> throw new IllegalArgumentException("the own base has to be made first");
        };
    }

    private static RegistryImage withCredentials(ImageReference reference) throws ImageException {
        CredentialRetrieverFactory factory = CredentialRetrieverFactory.forImage(reference, (LogEvent ignored) -> {});
        RegistryImage image = RegistryImage.named(reference);
        for (CredentialRetriever each : List.of(factory.dockerConfig(), factory.wellKnownCredentialHelpers())) {
            image.addCredentialRetriever(each);
        }
        return image;
    }

    private void configure(JibContainerBuilder image, BaseImage base) {
        image.setFormat(ImageFormat.OCI)
                .setCreationTime(settings.timestamp())
                .setUser(USER)
                .setWorkingDirectory(AbsoluteUnixPath.get("/"))
                // Programs of the redirect, and the encoding of file names; no shell is needed for either.
                .addEnvironmentVariable("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
                .addEnvironmentVariable("LANG", "C.UTF-8")
                .setEntrypoint(entryPoint())
                .setLabels(labels(base));
    }

    /** The component and its arguments follow. */
    List<String> entryPoint() {
        return List.of(JavaArguments.JAVA_HOME + "/bin/java", "@" + JavaArguments.FILE, settings.mainClass());
    }

    private Map<String, String> labels(BaseImage base) {
        Map<String, String> labels = new TreeMap<>();
        labels.put(PREFIX + "title", "meshctl");
        labels.put(PREFIX + "description", "All components of the meshctl service mesh: trust bridge, control plane, gateway, proxy, redirect");
        labels.put(PREFIX + "version", settings.version());
        labels.put(PREFIX + "created", settings.timestamp().toString());
        if (!settings.revision().isBlank()) {
            labels.put(PREFIX + "revision", settings.revision());
        }
        if (base instanceof BaseImage.Registry(String reference)) {
            labels.put(PREFIX + "base.name", reference);
        }
        return labels;
    }

    /** In the words of OCI images. */
    static String architecture() {
        return RootFiles.nettyArchitecture().equals("aarch_64") ? "arm64" : "amd64";
    }

    private static String reason(ExecutionException e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
