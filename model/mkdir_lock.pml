/*
 * The protocol that DirectoryLock is there to replace: mkdir makes the lock, then a file in it says
 * whose it is. Whoever finds the directory without a live owner's file takes it for stale, empties
 * it, removes it, and makes it anew. spin finds two owners.
 *
 * The processes never crash and never release: it goes wrong without any of that. Only an owner who
 * died long ago left the directory behind, or nobody did.
 */

#define A 0
#define B 1
#define OTHER(p) (1 - (p))

bool exists;      /* the lock directory */
bool dead_file;   /* the file of an owner who died is in it */
bool file[2];     /* the file of A, of B */
bool owner[2];    /* believes that it has the lock */

proctype Process(byte p)
{
    bool lives;

try_mkdir:
    atomic {
        if
        :: !exists -> exists = true; printf("%c: mkdir: made\n", 65 + p); goto write_owner
        :: exists -> printf("%c: mkdir: EEXIST\n", 65 + p)
        fi
    }

    /* Is there somebody? The directory that is made and not yet filled looks like one left behind. */
    atomic {
        lives = exists && file[OTHER(p)];
        if
        :: lives -> printf("%c: lists it: there is a live owner\n", 65 + p); goto give_up
        :: !lives && exists && dead_file -> printf("%c: lists it: the owner is dead\n", 65 + p)
        :: else -> printf("%c: lists it: no owner\n", 65 + p)
        fi
    }

    atomic {
        if
        :: dead_file -> dead_file = false; printf("%c: unlinks the dead owner's file\n", 65 + p)
        :: else
        fi
    }

    atomic {
        if
        :: exists && !dead_file && !file[A] && !file[B] ->
            exists = false;
            printf("%c: rmdir: removed\n", 65 + p)
        :: else -> printf("%c: rmdir: fails\n", 65 + p)
        fi;
        goto try_mkdir
    }

write_owner:
    atomic {
        if
        :: exists -> file[p] = true; printf("%c: writes its owner file\n", 65 + p)
        :: else -> printf("%c: ENOENT, the directory is gone\n", 65 + p); goto try_mkdir
        fi
    }
    atomic {
        owner[p] = true;
        printf("%c: has the lock\n", 65 + p);
        assert(!(owner[A] && owner[B]))
    }

give_up:
    skip
}

init {
    atomic {
        if
        :: exists = true; dead_file = true; printf("a dead owner left the directory behind\n")
        :: skip
        fi;
        run Process(B);
        run Process(A)
    }
}
