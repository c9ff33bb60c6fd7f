/*
 * The protocol of DirectoryLock. README.md says what is modelled and what is left out, and what the
 * switches are for.
 *
 * A slot is one nonce: one temporary directory and the one record that was made in it. A slot is
 * used again only when nothing is left of it on disk and nobody remembers it. So names are never
 * used twice, although the model is finite and its processes go on for ever.
 *
 * A step is one system call, or a few of which others can see only one. It has the name of the
 * checkpoint in the C code. What stands behind at(step) is done at once, then it is anybody's turn. Instead
 * of any step a process may crash.
 */

/* ---- the size of the instance ---- */
#ifndef PROCESSES
#define PROCESSES 3
#endif
#ifndef SLOTS
#define SLOTS 5
#endif
#ifndef CRASHES
#define CRASHES 1 /* of all processes together; who crashed may come again, with a fresh nonce */
#endif
#ifndef LOST
#define LOST 1    /* renames that report an error, whether they were done or not */
#endif
#ifndef LATE
#define LATE 0    /* renames that report an error and are done later, if they can be done then */
#endif
#ifndef BREAKS
#define BREAKS 0  /* times that a person breaks the records that he was shown */
#endif
#ifndef FORKS
#define FORKS 0   /* times that an owner forks */
#endif
#ifndef SHARED
#define SHARED 0  /* bit p: process p wants the lock shared */
#endif
#ifndef VIEWS
#define VIEWS 0   /* bit p: process p sees the directory through another mount */
#endif

#define WANTS_SHARED(p) ((SHARED >> (p)) & 1)
#define VIEW(p)         ((VIEWS >> (p)) & 1)

#define NONE 15   /* no slot */
#define TO_LOCK 14 /* a late rename goes to the lock path, and not into a directory */

mtype = {
    idle, create_record, lock_record, check_links, rename, look_for_own,
    judge, judge_probe, unlink_dead,
    shared_move, shared_scan, shared_probe, shared_unlink, shared_rmdir,
    held, unlink_after_close, release_rmdir, give_up_unlink, give_up_rmdir,
    collect_judge, collect_unlink, collect_rmdir
};

/* ---- the disk, and the kernel's locks ---- */
byte L = NONE;           /* the slot whose directory is at the lock path */
bit temporary[SLOTS];    /* its directory is there under its temporary name */
byte files[SLOTS];       /* how many records are in its directory */
byte place[SLOTS];       /* the directory that its record is in */
bit is_shared[SLOTS];    /* the mode, in the record's name */
bit view[SLOTS];         /* the mount, in the record's name */
byte owner[SLOTS];       /* the pid; with REUSED_NAMES that is the whole name */
bit locked[SLOTS];       /* the owner's flock on the record */
byte probes[SLOTS];      /* shared flocks of judges and collectors on it */
byte late[SLOTS];        /* a rename of it is still under way: where to */

/* ---- the processes: what they do next, what they have open, what they remember ---- */
mtype step[PROCESSES];
byte own[PROCESSES];     /* the slot in hand: its directory D, and its record */
byte into[PROCESSES];    /* L as it was when it was opened, or a left-over temporary directory */
byte other[PROCESSES];   /* somebody else's record */
bit probing[PROCESSES];  /* with a flock on it */
bit gone[PROCESSES];     /* this nonce is of no use any more, unless its record is in L */
#ifdef PROGRESS
bit collected[PROCESSES]; /* once for each nonce, as in the C code */
#endif
short to_scan[PROCESSES]; /* bit s: exclusive record s was in L when the scan began */
byte child = NONE;       /* a forked child has a copy of the descriptor of this record */
short shown = 0;         /* bit s: the person was shown record s */

/* ---- for the checks only ---- */
bit holds[PROCESSES];    /* believes that it has the lock */
bit broken[SLOTS];       /* a person broke it, and its owner knew that it was in L */

byte crashes, lost, lates, breaks, forks; /* so far */
byte i;                  /* of loops */

#if SLOTS == 3
#define EACH(f) f(0) f(1) f(2)
#define ANY_SLOT(f, s) (f(0, s) || f(1, s) || f(2, s))
#elif SLOTS == 4
#define EACH(f) f(0) f(1) f(2) f(3)
#define ANY_SLOT(f, s) (f(0, s) || f(1, s) || f(2, s) || f(3, s))
#elif SLOTS == 5
#define EACH(f) f(0) f(1) f(2) f(3) f(4)
#define ANY_SLOT(f, s) (f(0, s) || f(1, s) || f(2, s) || f(3, s) || f(4, s))
#elif SLOTS == 6
#define EACH(f) f(0) f(1) f(2) f(3) f(4) f(5)
#define ANY_SLOT(f, s) (f(0, s) || f(1, s) || f(2, s) || f(3, s) || f(4, s) || f(5, s))
#elif SLOTS == 7
#define EACH(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6)
#define ANY_SLOT(f, s) (f(0, s) || f(1, s) || f(2, s) || f(3, s) || f(4, s) || f(5, s) || f(6, s))
#elif SLOTS == 8
#define EACH(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7)
#define ANY_SLOT(f, s) (f(0, s) || f(1, s) || f(2, s) || f(3, s) || f(4, s) || f(5, s) || f(6, s) || f(7, s))
#elif SLOTS == 9
#define EACH(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8)
#define ANY_SLOT(f, s) (f(0, s) || f(1, s) || f(2, s) || f(3, s) || f(4, s) || f(5, s) || f(6, s) || f(7, s) || f(8, s))
#elif SLOTS == 10
#define EACH(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9)
#define ANY_SLOT(f, s) (f(0, s) || f(1, s) || f(2, s) || f(3, s) || f(4, s) || f(5, s) || f(6, s) || f(7, s) || f(8, s) || f(9, s))
#endif
#if PROCESSES == 1
#define COUNT(f)         f(0)
#define ANY(f, s)        f(0, s)
#elif PROCESSES == 2
#define COUNT(f)         (f(0) + f(1))
#define ANY(f, s)        (f(0, s) || f(1, s))
#else
#define COUNT(f)         (f(0) + f(1) + f(2))
#define ANY(f, s)        (f(0, s) || f(1, s) || f(2, s))
#endif

#define RESTS(p)         (step[p] == idle)
/* Its record is in L, and it knows: it holds, or is looking whether it may. */
#define HAS_IN_L(p, s)   (own[p] == (s) && (holds[p] || step[p] == shared_scan || step[p] == shared_probe || \
                          step[p] == shared_unlink))
#define OWNS(p, s)       (own[p] == (s))
#define REMEMBERS(p, s)  (own[p] == (s) || into[p] == (s) || other[p] == (s) || ((to_scan[p] >> (s)) & 1))
#if LATE
#define GOES_INTO(t, s)  (late[t] == (s))
#define UNDER_WAY(s)     (late[s] != NONE || ANY_SLOT(GOES_INTO, s))
#else
#define UNDER_WAY(s)     false
#endif
#define IS_FREE(s)       (!temporary[s] && L != (s) && place[s] == NONE && child != (s) && \
                          ((shown >> (s)) & 1) == 0 && !ANY(REMEMBERS, s) && !UNDER_WAY(s))
#define NOTHING_IN_L     (L == NONE || files[L] == 0)
#define IN_L(s)          (L != NONE && place[s] == L)

#define OR_FREE(s)       || IS_FREE(s)
#define OR_TEMPORARY(s)  || temporary[s]
#define OR_EXCLUSIVE(s)  || (IN_L(s) && !is_shared[s])
#define OR_TO_SCAN(s)    || (((to_scan[p] >> s) & 1) && place[s] == into[p])
#define AND_NOT_LATE(s)  && late[s] == NONE
#define SOME(condition)  (false EACH(condition))

/* ---- what is told from outside ---- */
#define SAME_VIEW(p, s)  (view[s] == VIEW(p))
/* flock(LOCK_SH | LOCK_NB). Through another mount it is granted, whatever the owner does. */
#define REFUSED(p, s)    (locked[s] && SAME_VIEW(p, s))
#ifdef NO_RULE_T
#define RULE_T(p, s)     true
#else
#define RULE_T(p, s)     SAME_VIEW(p, s)
#endif
#ifdef REUSED_NAMES
#define SAME_NAME(s, t)  (owner[s] == owner[t])
#else
#define SAME_NAME(s, t)  ((s) == (t))
#endif

/* A file that is still under way may leave its temporary directory empty at any time. */
#ifdef KEEP_NONCE_AFTER_MOVE
#define NEW_NONCE        0
#else
#define NEW_NONCE        1
#endif
#ifdef SCAN_FIRST
#define MAY_MOVE         !SOME(OR_EXCLUSIVE)
#else
#define MAY_MOVE         true /* the scan comes afterwards */
#endif

/* ---- the invariants ---- */
/* A person who breaks a live lock takes it on himself: its owner does not count from then on. */
#define ENTITLED(p)      (holds[p] && !broken[own[p]])
#define EXCLUSIVELY(p)   (ENTITLED(p) && !WANTS_SHARED(p))
#define SHARING(p)       (ENTITLED(p) && WANTS_SHARED(p))
#define UNPROVED(p)      (ENTITLED(p) && !(IN_L(own[p]) && locked[own[p]]))
#define I1               (COUNT(EXCLUSIVELY) == 0 || (COUNT(EXCLUSIVELY) == 1 && COUNT(SHARING) == 0))
#define I2               (COUNT(UNPROVED) == 0)
/* The others stand where they could fail. With ONLY_I1 a control goes on to its two owners. */
#ifdef ONLY_I1
#define CHECK            assert(I1)
#define MUST(condition)  skip
#else
#define CHECK            assert(I1); assert(I2)
#define MUST(condition)  assert(condition)
#endif

/* ---- system calls ---- */
inline put(s, d) {
    place[s] = d;
    files[d]++
}

inline take(s) {
    files[place[s]]--;
    place[s] = NONE
}

/* unlinkat(d, the name of s): removes what has that name in that directory by now. */
inline unlink_name(d, s) {
    i = 0;
    do
    :: i == SLOTS -> break
    :: i < SLOTS ->
        if
        :: place[i] != NONE && place[i] == d && SAME_NAME(i, s) -> take(i); break
        :: else -> i++
        fi
    od;
    i = 0
}

/* Of the own record: in L as it was opened if shared_move brought it there, else in D. */
inline unlink_own() {
    if
    :: into[p] != NONE -> unlink_name(into[p], own[p])
    :: else -> unlink_name(own[p], own[p])
    fi
}

/* Unlinks all that is in L: nothing of ours does that, only controls. */
inline empty_lock_directory() {
    i = 0;
    do
    :: i == SLOTS -> break
    :: i < SLOTS ->
        if
        :: IN_L(i) -> take(i)
        :: else
        fi;
        i++
    od;
    i = 0
}

inline rmdir_temporary(d) {
    if
    :: temporary[d] && files[d] == 0 -> temporary[d] = 0
    :: else
    fi
}

inline rmdir_lock() {
    if
    :: L != NONE && files[L] == 0 -> L = NONE
    :: else
    fi
}

/* A probe that was granted; through another mount it keeps nobody else away. */
inline probe_other() {
    if
    :: SAME_VIEW(p, other[p]) -> probes[other[p]]++; probing[p] = 1
    :: else
    fi
}

inline close_other() {
    if
    :: probing[p] -> probes[other[p]]--; probing[p] = 0
    :: else
    fi;
    other[p] = NONE
}

/* flock(LOCK_UN), close: free for all, whoever has a copy of the descriptor. */
inline unlock_and_close_own() {
    locked[own[p]] = 0;
    own[p] = NONE
}

/* A slot that is free is always in the same state. */
inline tidy() {
    i = 0;
    do
    :: i == SLOTS -> break
    :: i < SLOTS ->
        if
        :: IS_FREE(i) -> is_shared[i] = 0; view[i] = 0; owner[i] = 0; broken[i] = 0
        :: else
        fi;
        i++
    od;
    i = 0
}

#ifdef SYMMETRY
#include "symmetry.pml"
#endif

/* The end of each step. */
inline settle() {
    d_step {
        CHECK;
        tidy();
        MUST(SOME(OR_FREE) || COUNT(RESTS) == 0); /* else SLOTS is too small, and not all is checked */
#ifdef SYMMETRY
        c_code { renumber(); };
#endif
    }
}

#define at(s)   step[p] == s
#define next(s) step[p] = s

/* SIGKILL or a power cut: the kernel closes everything; what is on disk stays. */
inline crash() {
    d_step {
        printf("%c: crashes\n", 65 + p);
        crashes++;
        if
        :: other[p] != NONE -> close_other()
        :: else
        fi;
        if /* the copy of a forked child keeps the flock */
        :: own[p] != NONE && own[p] != child -> locked[own[p]] = 0
        :: else
        fi;
        own[p] = NONE;
        into[p] = NONE;
        gone[p] = 0;
        to_scan[p] = 0;
        holds[p] = 0;
        next(idle)
    }
}

/* For the owner's flock, or for some time. A model has no clock: it takes as long as it likes. */
inline wait() {
    if
    :: own[p] == NONE -> next(idle)
    :: own[p] != NONE -> next(rename)
#ifdef PROGRESS
    :: own[p] != NONE && !collected[p] -> collected[p] = 1; collect()
#else
    :: own[p] != NONE -> next(give_up_unlink)
    :: own[p] != NONE -> collect()
#endif
    fi
}

/* openat a left-over temporary directory, list it, openat its record. */
inline collect() {
    if
#define OPEN_LEFT_OVER(s) \
    :: temporary[s] && own[p] != s -> \
        into[p] = s; \
        if \
        :: files[s] > 0 -> \
            printf("%c: collect_judge: opens record %d\n", 65 + p, s); \
            other[p] = s; \
            next(collect_judge) \
        :: else -> \
            printf("%c: collect_judge: directory %d is empty\n", 65 + p, s); \
            next(collect_rmdir) \
        fi
    EACH(OPEN_LEFT_OVER)
    :: else -> next((own[p] == NONE -> idle : judge))
    fi
}

inline acquired() {
    printf("%c: has the lock\n", 65 + p);
    holds[p] = 1;
    next((temporary[own[p]] -> shared_rmdir : held))
}

/* Who lists L sees each record that is there all the time, and may miss others. */
inline begin_scan() {
    d_step {
        i = 0;
        do
        :: i == SLOTS -> break
        :: i < SLOTS ->
            if
            :: place[i] == into[p] && !is_shared[i] -> to_scan[p] = to_scan[p] | (1 << i)
            :: else
            fi;
            i++
        od;
        i = 0;
        next(shared_scan)
    }
}

proctype Process(byte p)
{
    do :: atomic { if
    :: crashes < CRASHES && step[p] != idle -> crash()

    /* prepare: mkdirat the temporary directory, openat: D. */
    :: at(idle) && SOME(OR_FREE) ->
        d_step {
            i = 0;
            do
            :: IS_FREE(i) -> break
            :: else -> i++
            od;
            own[p] = i;
            i = 0;
#ifdef PROGRESS
            collected[p] = 0;
#endif
            printf("%c: prepare: makes temporary directory %d\n", 65 + p, own[p]);
            temporary[own[p]] = 1;
            is_shared[own[p]] = WANTS_SHARED(p);
            view[own[p]] = VIEW(p);
#ifdef REUSED_NAMES
            owner[own[p]] = p;
#endif
            next(create_record)
        }

#ifndef PROGRESS
    /* breakStale(), by one who does not want the lock: judges a record, or collects. */
    :: at(idle) && (!NOTHING_IN_L || SOME(OR_TEMPORARY)) ->
        if
#define OPEN_ANY(s) \
        :: IN_L(s) -> \
            printf("%c: judge: opens record %d\n", 65 + p, s); \
            other[p] = s; \
            into[p] = L; \
            next(judge_probe)
        EACH(OPEN_ANY)
        :: SOME(OR_TEMPORARY) -> collect()
        fi
#endif

    /* openat(D, O_CREAT | O_EXCL). */
    :: at(create_record) ->
        if
        :: temporary[own[p]] ->
            printf("%c: create_record: record %d is in it\n", 65 + p, own[p]);
            put(own[p], own[p]);
            next(lock_record)
        :: else ->
            printf("%c: create_record: ENOENT, a collector was here\n", 65 + p);
            own[p] = NONE;
            next(idle)
        fi

    /* flock(LOCK_EX | LOCK_NB). */
    :: at(lock_record) ->
        if
        :: probes[own[p]] == 0 ->
            printf("%c: lock_record: record %d is locked\n", 65 + p, own[p]);
            locked[own[p]] = 1;
#ifdef NO_LINK_CHECK
            next(rename)
#else
            next(check_links)
#endif
        :: else ->
            printf("%c: lock_record: refused, a collector is here\n", 65 + p);
            next(give_up_unlink)
        fi

    /* fstat: st_nlink == 1. */
    :: at(check_links) ->
        if
        :: place[own[p]] != NONE ->
            printf("%c: check_links: the record has its name\n", 65 + p);
            next(rename)
        :: else ->
            printf("%c: check_links: a collector unlinked it\n", 65 + p);
            next(give_up_unlink)
        fi

    /* renameat of the temporary directory onto L. */
    :: at(rename) ->
        if
        :: !temporary[own[p]] ->
            printf("%c: rename: ENOENT\n", 65 + p);
            gone[p] = 1;
            next(look_for_own)
        :: temporary[own[p]] && !NOTHING_IN_L ->
#ifdef RENAME_REPLACES
            MUST(false); /* I5 */
            d_step { empty_lock_directory() };
            printf("%c: rename: directory %d is at L, and what was in L is gone\n", 65 + p, own[p]);
            temporary[own[p]] = 0;
            L = own[p];
            acquired()
#else
            printf("%c: rename: ENOTEMPTY\n", 65 + p);
            next(judge)
#endif
        :: temporary[own[p]] && NOTHING_IN_L ->
            if
            :: MUST(locked[own[p]] && place[own[p]] == own[p] && files[own[p]] == 1); /* I3 */
               temporary[own[p]] = 0;
               L = own[p];
               if
               :: printf("%c: rename: directory %d is at L\n", 65 + p, own[p]);
                  acquired()
               :: lost < LOST ->
                  printf("%c: rename: directory %d is at L, but the answer is EIO\n", 65 + p, own[p]);
                  lost++;
                  next(look_for_own)
               fi
            :: lost < LOST ->
               printf("%c: rename: EIO, and nothing was done\n", 65 + p);
               lost++;
               next(look_for_own)
#if LATE
            :: lates < LATE && late[own[p]] == NONE ->
               printf("%c: rename: ETIMEDOUT, directory %d is still under way\n", 65 + p, own[p]);
               lates++;
               late[own[p]] = TO_LOCK;
               next(look_for_own)
#endif
            fi
        fi

    /* openat L, fstatat of the own name: is it our inode? */
    :: at(look_for_own) ->
        if
#ifdef NO_LOOK_FOR_OWN
        :: next(judge)
#else
        :: IN_L(own[p]) && L == own[p] ->
            printf("%c: look_for_own: it is there\n", 65 + p);
            acquired()
        :: IN_L(own[p]) && L != own[p] -> /* shared_move brought it there */
            printf("%c: look_for_own: it is there\n", 65 + p);
            into[p] = L;
            begin_scan()
        :: !IN_L(own[p]) && gone[p] ->
            printf("%c: look_for_own: not there, and the nonce is of no use any more\n", 65 + p);
#ifdef NO_NEW_NONCE
            next(judge)
#else
            next(give_up_unlink)
#endif
        :: !IN_L(own[p]) && !gone[p] ->
            printf("%c: look_for_own: not there\n", 65 + p);
            next(judge)
#endif
        fi;
        gone[p] = 0

    /* openat L, list it, openat a record. */
    :: at(judge) ->
        if
#define OPEN_RECORD(s) \
        :: IN_L(s) && own[p] != s && !(WANTS_SHARED(p) && is_shared[s]) -> \
            printf("%c: judge: opens record %d\n", 65 + p, s); \
            other[p] = s; \
            into[p] = L; \
            next(judge_probe)
        EACH(OPEN_RECORD)
        :: NOTHING_IN_L ->
            printf("%c: judge: nothing is in L\n", 65 + p);
            next(rename)
        :: IN_L(own[p]) ->
            printf("%c: judge: our own record is in L\n", 65 + p);
            next(look_for_own)
        :: WANTS_SHARED(p) && !NOTHING_IN_L && !IN_L(own[p]) && MAY_MOVE -> into[p] = L; next(shared_move)
        fi

    /* flock(LOCK_SH | LOCK_NB), and rule T. */
    :: at(judge_probe) ->
        if
        :: REFUSED(p, other[p]) ->
            printf("%c: judge: flock of record %d is refused: alive\n", 65 + p, other[p]);
            other[p] = NONE;
            into[p] = NONE;
            wait()
        :: !REFUSED(p, other[p]) && !RULE_T(p, other[p]) ->
            printf("%c: judge: flock of record %d is granted, without rule T: unknown\n", 65 + p, other[p]);
            other[p] = NONE;
            into[p] = NONE;
            wait()
        :: !REFUSED(p, other[p]) && RULE_T(p, other[p]) ->
            printf("%c: judge: flock of record %d is granted: dead\n", 65 + p, other[p]);
            probe_other();
            next(unlink_dead)
        fi

    /* unlinkat(L as it was opened, that name), close. */
    :: at(unlink_dead) ->
        d_step {
            printf("%c: unlink_dead: record %d\n", 65 + p, other[p]);
            MUST(!locked[other[p]] && probing[p]); /* I4 */
#ifdef JUDGE_EMPTIES_DIRECTORY
            empty_lock_directory();
#elif defined(JUDGE_BY_PATH)
            unlink_name(L, other[p]);
#else
            unlink_name(into[p], other[p]);
#endif
            close_other();
            into[p] = NONE;
            next((own[p] == NONE -> idle : rename))
        }

#if SHARED
    /* renameat of the record into L as it was opened. */
    :: at(shared_move) ->
#ifdef MOVE_BY_PATH
        into[p] = L;
#endif
        if
        :: into[p] == NONE || into[p] != L || place[own[p]] != own[p] ->
            printf("%c: shared_move: ENOENT\n", 65 + p);
            into[p] = NONE;
            next(look_for_own)
        :: into[p] != NONE && into[p] == L && place[own[p]] == own[p] ->
            if
            :: MUST(locked[own[p]]); /* I3 */
               d_step {
#ifdef REUSED_NAMES
                unlink_name(into[p], own[p]); /* who has that name is replaced */
#endif
                take(own[p]);
                put(own[p], into[p])
               };
               if
               :: printf("%c: shared_move: record %d is in L\n", 65 + p, own[p]);
#if defined(NO_SCAN_IN_SHARED) || defined(SCAN_FIRST)
                  acquired()
#else
                  begin_scan()
#endif
               :: lost < LOST ->
                  printf("%c: shared_move: record %d is in L, but the answer is EIO\n", 65 + p, own[p]);
                  lost++;
                  into[p] = NONE;
                  gone[p] = NEW_NONCE;
                  next(look_for_own)
               fi
            :: lost < LOST ->
               printf("%c: shared_move: EIO, and nothing was done\n", 65 + p);
               lost++;
               into[p] = NONE;
               gone[p] = NEW_NONCE;
               next(look_for_own)
#if LATE
            :: lates < LATE && late[own[p]] == NONE ->
               printf("%c: shared_move: ETIMEDOUT, record %d is still under way\n", 65 + p, own[p]);
               lates++;
               late[own[p]] = into[p];
               into[p] = NONE;
               gone[p] = NEW_NONCE;
               next(look_for_own)
#endif
            fi
        fi

    /* Lists L, openat an exclusive record. */
    :: at(shared_scan) ->
        if
#define OPEN_EXCLUSIVE(s) \
        :: ((to_scan[p] >> s) & 1) && place[s] == into[p] -> \
            printf("%c: shared_scan: opens exclusive record %d\n", 65 + p, s); \
            other[p] = s; \
            next(shared_probe)
        EACH(OPEN_EXCLUSIVE)
        :: !SOME(OR_TO_SCAN) ->
            printf("%c: shared_scan: no exclusive record is in L\n", 65 + p);
            to_scan[p] = 0;
            acquired()
        fi

    :: at(shared_probe) ->
        if
        :: REFUSED(p, other[p]) || !RULE_T(p, other[p]) ->
            printf("%c: shared_scan: exclusive record %d is alive or unknown\n", 65 + p, other[p]);
            other[p] = NONE;
            to_scan[p] = 0;
            next(give_up_unlink)
        :: !REFUSED(p, other[p]) && RULE_T(p, other[p]) ->
            printf("%c: shared_scan: flock of record %d is granted: dead\n", 65 + p, other[p]);
            probe_other();
            next(shared_unlink)
        fi

    :: at(shared_unlink) ->
        d_step {
            printf("%c: unlink_dead: record %d\n", 65 + p, other[p]);
            MUST(!locked[other[p]] && probing[p]); /* I4 */
            unlink_name(into[p], other[p]);
            close_other();
            next(shared_scan)
        }

    /* unlinkat of the temporary directory, which shared_move left empty. */
    :: at(shared_rmdir) ->
        printf("%c: shared_rmdir: directory %d\n", 65 + p, own[p]);
        rmdir_temporary(own[p]);
        next(held)
#endif

#if FORKS
    :: at(held) && forks < FORKS && child == NONE ->
        printf("%c: forks\n", 65 + p);
        forks++;
        child = own[p]
#endif

    /* release_unlink: the own record by its name. Where it is gone: LOST, and nothing is removed. */
    :: at(held) ->
        d_step {
            if
            :: place[own[p]] != NONE ->
                printf("%c: release_unlink: record %d\n", 65 + p, own[p])
            :: else ->
                printf("%c: release_unlink: record %d is not there: LOST\n", 65 + p, own[p])
            fi;
            MUST((place[own[p]] == NONE) == broken[own[p]]); /* who is told LOST, and nobody else */
            holds[p] = 0;
#ifdef CLOSE_FIRST
            locked[own[p]] = 0;
            next(unlink_after_close)
#else
#ifdef RELEASE_EMPTIES_DIRECTORY
            empty_lock_directory();
#else
            unlink_own();
#endif
            next(release_rmdir)
#endif
        }

#ifdef CLOSE_FIRST
    :: at(unlink_after_close) ->
        d_step {
            printf("%c: release_unlink: record %d, after the close\n", 65 + p, own[p]);
            unlink_own();
            next(release_rmdir)
        }
#endif

    /* unlinkat(P, L, AT_REMOVEDIR), flock(LOCK_UN), close. */
    :: at(release_rmdir) ->
        printf("%c: release_rmdir\n", 65 + p);
        rmdir_lock();
        into[p] = NONE;
        unlock_and_close_own();
        next(idle)

    /* The own record by its name, as in release_unlink. */
    :: at(give_up_unlink) ->
        d_step {
            printf("%c: give_up_unlink: record %d\n", 65 + p, own[p]);
            unlink_own();
            into[p] = NONE;
            next(give_up_rmdir)
        }

    /* unlinkat of the temporary directory, close. A new nonce, or really the end: the same. */
    :: at(give_up_rmdir) ->
        printf("%c: give_up_rmdir: directory %d\n", 65 + p, own[p]);
        rmdir_temporary(own[p]);
        unlock_and_close_own();
        next(idle)

    /* flock(LOCK_SH | LOCK_NB) of a left-over record, and rule T. */
    :: at(collect_judge) ->
        if
        :: REFUSED(p, other[p]) || !RULE_T(p, other[p]) ->
            printf("%c: collect_judge: record %d is alive or unknown\n", 65 + p, other[p]);
            other[p] = NONE;
            into[p] = NONE;
            next((own[p] == NONE -> idle : judge))
        :: !REFUSED(p, other[p]) && RULE_T(p, other[p]) ->
            printf("%c: collect_judge: flock of record %d is granted: dead\n", 65 + p, other[p]);
#ifndef UNLINK_WITHOUT_FLOCK
            probe_other();
#endif
            next(collect_unlink)
        fi

    /* unlinkat, close. */
    :: at(collect_unlink) ->
        d_step {
            printf("%c: collect_unlink: record %d\n", 65 + p, other[p]);
            MUST(!locked[other[p]] && probing[p]); /* I4 */
            unlink_name(into[p], other[p]);
            close_other();
            next(collect_rmdir)
        }

    :: at(collect_rmdir) ->
        printf("%c: collect_rmdir: directory %d\n", 65 + p, into[p]);
        rmdir_temporary(into[p]);
        into[p] = NONE;
        next((own[p] == NONE -> idle : judge))
    fi; settle() } od
}

#if FORKS
/* A forked child: whatever ends it, its copy of the descriptor is closed, and nothing else happens. */
proctype Child()
{
    do :: atomic { if
    :: child != NONE ->
        d_step {
            printf("child: closes its copy of record %d\n", child);
#ifdef CHILD_UNLINKS
            unlink_name(L, child);
            rmdir_lock();
#endif
#ifdef CHILD_UNLOCKS
            locked[child] = 0;
#endif
            if
            :: !ANY(OWNS, child) -> locked[child] = 0
            :: else
            fi;
            child = NONE
        }
    fi; settle() } od
}
#endif

#if BREAKS
/* A person is shown who has the lock, thinks about it, and has exactly those records removed. */
#define BREAK(s) \
    :: (shown >> s) & 1 -> \
        printf("person: breaks record %d\n", s); \
        if \
        :: IN_L(s) -> broken[s] = ANY(HAS_IN_L, s); take(s) \
        :: else \
        fi; \
        shown = shown & ~(1 << s)
proctype Person()
{
    do :: atomic { if
    :: breaks < BREAKS && shown == 0 && !NOTHING_IN_L ->
        d_step {
            breaks++;
            i = 0;
            do
            :: i == SLOTS -> break
            :: i < SLOTS ->
                if
                :: IN_L(i) -> shown = shown | (1 << i); printf("person: is shown record %d\n", i)
                :: else
                fi;
                i++
            od;
            i = 0
        }
#ifdef BREAK_EMPTIES_DIRECTORY
    :: shown != 0 ->
        d_step {
            i = 0;
            do
            :: i == SLOTS -> break
            :: i < SLOTS ->
                if
                :: IN_L(i) && ((shown >> i) & 1) -> broken[i] = ANY(HAS_IN_L, i)
                :: else
                fi;
                i++
            od;
            i = 0;
            printf("person: empties L\n");
            empty_lock_directory();
            shown = 0
        }
#else
    EACH(BREAK)
#endif
    fi; settle() } od
}
#endif

#if LATE
/* What was still under way is done now, or fails. */
#define ARRIVE(s) \
    :: late[s] != NONE -> \
        printf("network: the late rename of %d arrives\n", s); \
        if \
        :: late[s] == TO_LOCK && temporary[s] && NOTHING_IN_L -> temporary[s] = 0; L = s \
        :: late[s] != TO_LOCK && late[s] == L && place[s] == s -> take(s); put(s, late[s]) \
        :: else \
        fi; \
        late[s] = NONE
proctype Network()
{
    do :: atomic { if
    EACH(ARRIVE)
    fi; settle() } od
}
#endif

init
{
    d_step {
        i = 0;
        do
        :: i < SLOTS -> place[i] = NONE; late[i] = NONE; i++
        :: i == SLOTS -> break
        od;
        i = 0;
        do
        :: i < PROCESSES -> step[i] = idle; own[i] = NONE; into[i] = NONE; other[i] = NONE; i++
        :: i == PROCESSES -> break
        od;
        i = 0
    }
    atomic {
        run Process(0);
#if PROCESSES > 1
        run Process(1);
#endif
#if PROCESSES > 2
        run Process(2);
#endif
#if FORKS
        run Child();
#endif
#if BREAKS
        run Person();
#endif
#if LATE
        run Network();
#endif
    }
#ifndef PROGRESS
    /* I7: when everybody rests, one more breakStale() leaves nothing behind. */
#define AT_REST (COUNT(RESTS) == PROCESSES && child == NONE && shown == 0 EACH(AND_NOT_LATE))
    do
    :: atomic {
        (L != NONE || SOME(OR_TEMPORARY)) && AT_REST ->
        d_step {
            i = 0;
            do
            :: i == SLOTS -> break
            :: i < SLOTS ->
                if
                :: place[i] != NONE && !locked[i] -> take(i)
                :: else
                fi;
                rmdir_temporary(i);
                i++
            od;
            i = 0;
            rmdir_lock();
            MUST(L == NONE && !SOME(OR_TEMPORARY))
        };
        settle()
       }
    od
#endif
}

#ifdef PROGRESS
/* I6: it is never so that nobody gets it any more. */
#define SOMEBODY (COUNT(HOLDING) > 0)
#define HOLDING(p) holds[p]
ltl progress { [] <> SOMEBODY }
#endif
