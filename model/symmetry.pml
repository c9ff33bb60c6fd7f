/*
 * Fewer states for directory_lock.pml, with -DSYMMETRY. Processes that want the same are
 * interchangeable, and so are slots: a state and the same state with other numbers have the same
 * future. So after each step everything is renumbered, and of many such states one is kept.
 *
 * Any renumbering is right, as long as all numbers are changed alike; a better one only makes fewer
 * states. Who A, B and C are changes on the way, so a trace is made without this.
 *
 * Whether it is right is checked too: with -DCOUNT_CLASSES the states are counted that no renumbering
 * makes the same, and it must be as many with -DKEEP_NUMBERS, where nothing is renumbered.
 */
c_code {
	static void swap(unsigned char *array, int a, int b)
	{
		unsigned char kept = array[a];

		array[a] = array[b];
		array[b] = kept;
	}

	static void rename_slot(unsigned char *number, int a, int b)
	{
		if (*number == a) {
			*number = b;
		} else if (*number == b) {
			*number = a;
		}
	}

	static void rename_bit(short *bits, int a, int b)
	{
		int is_a = *bits >> a & 1, is_b = *bits >> b & 1;

		if (is_a != is_b) {
			*bits ^= 1 << a | 1 << b;
		}
	}

	static void swap_slots(int a, int b)
	{
		int n;

		swap(now.temporary, a, b);
		swap(now.files, a, b);
		swap(now.place, a, b);
		swap(now.is_shared, a, b);
		swap(now.view, a, b);
		swap(now.owner, a, b);
		swap(now.locked, a, b);
		swap(now.probes, a, b);
		swap(now.late, a, b);
		swap(now.broken, a, b);
		for (n = 0; n < SLOTS; n++) {
			rename_slot(&now.place[n], a, b);
			rename_slot(&now.late[n], a, b);
		}
		for (n = 0; n < PROCESSES; n++) {
			rename_slot(&now.own[n], a, b);
			rename_slot(&now.into[n], a, b);
			rename_slot(&now.other[n], a, b);
			rename_bit(&now.to_scan[n], a, b);
		}
		rename_slot(&now.L, a, b);
		rename_slot(&now.child, a, b);
		rename_bit(&now.shown, a, b);
	}

	static void swap_processes(int a, int b)
	{
		short kept;

		swap(now.step, a, b);
		swap(now.own, a, b);
		swap(now.into, a, b);
		swap(now.other, a, b);
		swap(now.probing, a, b);
		swap(now.gone, a, b);
		kept = now.to_scan[a];
		now.to_scan[a] = now.to_scan[b];
		now.to_scan[b] = kept;
		swap(now.holds, a, b);
	}

	/* The same for two processes that differ in nothing but the numbers of their slots. */
	static unsigned sort_key_of_slot(unsigned s)
	{
		if (s == NONE) {
			return 0;
		}
		return 1 + (now.L == s) + 2 * now.temporary[s] + 4 * now.locked[s] + 8 * (now.place[s] != NONE) +
			16 * (now.place[s] == s) + 32 * now.files[s];
	}

	static unsigned long sort_key(int p)
	{
		unsigned long key = now.step[p];

		key = key << 8 | sort_key_of_slot(now.own[p]);
		key = key << 8 | sort_key_of_slot(now.other[p]);
		key = key << 8 | sort_key_of_slot(now.into[p]);
		key = key << 1 | now.probing[p];
		return key << 1 | now.gone[p];
	}

	static int are_alike(int a, int b)
	{
		return (SHARED >> a & 1) == (SHARED >> b & 1) && (VIEWS >> a & 1) == (VIEWS >> b & 1);
	}

	static int next_slot;

	static void number_slot(int s)
	{
		if (s < SLOTS && s >= next_slot) {
			if (s != next_slot) {
				swap_slots(s, next_slot);
			}
			next_slot++;
		}
	}

	static void rearrange(void)
	{
		int p, again, s, t;

		do {
			again = 0;
			for (p = 0; p + 1 < PROCESSES; p++) {
				if (are_alike(p, p + 1) && sort_key(p) > sort_key(p + 1)) {
					swap_processes(p, p + 1);
					again = 1;
				}
			}
		} while (again);
		/* Slots in the order in which the processes refer to them, then those that nobody has open. */
		next_slot = 0;
		number_slot(now.L);
		for (p = 0; p < PROCESSES; p++) {
			number_slot(now.own[p]);
			number_slot(now.other[p]);
			number_slot(now.into[p]);
		}
		for (s = next_slot; s < SLOTS; s++) {
			for (t = s + 1; t < SLOTS; t++) {
				if (sort_key_of_slot(t) > sort_key_of_slot(s)) {
					swap_slots(s, t);
				}
			}
		}
	}

#ifdef COUNT_CLASSES
	struct state_class {
		struct state_class *next;
		int length;
		unsigned char bytes[256];
	};
	static struct state_class *classes[1 << 18];
	static struct state_class least;
	static long class_count;

	static void keep_the_least(void)
	{
		struct state_class one;
		unsigned char *to = one.bytes;
		int n;

		memset(&one, 0, sizeof one);
		for (n = 0; n < SLOTS; n++) {
			*to++ = now.temporary[n]; *to++ = now.files[n]; *to++ = now.place[n]; *to++ = now.is_shared[n];
			*to++ = now.view[n]; *to++ = now.owner[n]; *to++ = now.locked[n]; *to++ = now.probes[n];
			*to++ = now.late[n]; *to++ = now.broken[n];
		}
		for (n = 0; n < PROCESSES; n++) {
			*to++ = now.step[n]; *to++ = now.own[n]; *to++ = now.into[n]; *to++ = now.other[n];
			*to++ = now.probing[n]; *to++ = now.gone[n]; *to++ = now.holds[n];
			*to++ = now.to_scan[n] & 255; *to++ = now.to_scan[n] >> 8;
		}
		*to++ = now.L; *to++ = now.child; *to++ = now.shown & 255; *to++ = now.shown >> 8;
		*to++ = now.crashes; *to++ = now.lost; *to++ = now.lates; *to++ = now.breaks; *to++ = now.forks;
		one.length = to - one.bytes;
		if (least.length == 0 || memcmp(one.bytes, least.bytes, one.length) < 0) {
			least = one;
		}
	}

	static void with_all_slots(int from)
	{
		int s;

		if (from == SLOTS) {
			keep_the_least();
		}
		for (s = from; s < SLOTS; s++) {
			swap_slots(from, s);
			with_all_slots(from + 1);
			swap_slots(from, s);
		}
	}

	static void with_all_processes(int from)
	{
		int p;

		if (from == PROCESSES) {
			with_all_slots(0);
		}
		for (p = from; p < PROCESSES; p++) {
			if (are_alike(from, p)) {
				swap_processes(from, p);
				with_all_processes(from + 1);
				swap_processes(from, p);
			}
		}
	}

	static void print_classes(void)
	{
		printf("classes of states: %ld\n", class_count);
	}

	static void count_class(void)
	{
		struct state_class *one;
		unsigned hash = 0;
		int n;

		least.length = 0;
		with_all_processes(0);
		for (n = 0; n < least.length; n++) {
			hash = hash * 31 + least.bytes[n];
		}
		hash %= 1 << 18;
		for (one = classes[hash]; one; one = one->next) {
			if (memcmp(one->bytes, least.bytes, least.length) == 0) {
				return;
			}
		}
		if (class_count++ == 0) {
			atexit(print_classes);
		}
		one = malloc(sizeof *one);
		*one = least;
		one->next = classes[hash];
		classes[hash] = one;
	}
#endif

	static void renumber(void)
	{
#ifdef COUNT_CLASSES
		count_class();
#endif
#ifndef KEEP_NUMBERS
		rearrange();
#endif
	}
};
