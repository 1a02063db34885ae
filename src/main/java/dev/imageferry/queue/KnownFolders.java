package dev.imageferry.queue;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Stores which drop folder was mounted at which path of this host, so that an empty mount point is not used as a new folder. */
@ApplicationScoped
public class KnownFolders {
    private final EntityManager entities;

    KnownFolders(EntityManager entities) {
        this.entities = entities;
    }

    /** Returns the identity of the folder that was last opened at this path. */
    @Transactional
    public Optional<UUID> find(Path directory) {
        List<?> ids = entities.createNativeQuery(
                        "SELECT id FROM known_folder WHERE host = :host AND directory = :directory", UUID.class)
                .setParameter("host", InstanceName.hostName())
                .setParameter("directory", key(directory))
                .getResultList();
        return ids.stream().map(UUID.class::cast).findFirst();
    }

    @Transactional
    public void remember(Path directory, UUID id) {
        entities.createNativeQuery("INSERT INTO known_folder (host, directory, id) VALUES (:host, :directory, :id)"
                        + " ON CONFLICT (host, directory) DO UPDATE SET id = EXCLUDED.id")
                .setParameter("host", InstanceName.hostName())
                .setParameter("directory", key(directory))
                .setParameter("id", id)
                .executeUpdate();
    }

    private static String key(Path directory) {
        return directory.toAbsolutePath().normalize().toString();
    }
}
